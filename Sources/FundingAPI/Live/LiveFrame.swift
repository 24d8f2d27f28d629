import Foundation
import FundingCore
import FundingJSON

/// One thing that happened, numbered: kept for those who resume, in its shared form and in the one that filters need.
struct LiveFrame: Sendable {
    enum Content: Sendable {
        case rates(FeedChange)
        /// `previous` is the sequence of the grid frame before.
        case grid(GridDelta, previous: Int)
        case health(FeedState)
    }

    let sequence: Int
    let time: Date
    let content: Content
    /// For everybody who wants all of it.
    let shared: EncodedFrame

    init(_ sequence: Int, _ content: Content, at time: Date) {
        self.sequence = sequence
        self.time = time
        self.content = content
        shared =
            switch content {
            case .rates(let change): EncodedFrame(Self.encoded(change, change.changed, sequence, time))
            case .grid(let delta, let previous):
                EncodedFrame(Self.encoded(delta, GridFilter(), previous, sequence, time))
            case .health(let state): EncodedFrame(Self.encoded(state, sequence, time))
            }
    }

    /// The frame as one client's subscriptions want it; nil if they want nothing of it.
    func message(for subscriptions: Subscriptions) -> EncodedFrame? {
        switch content {
        case .health:
            return subscriptions.isEmpty ? nil : shared
        case .grid(let delta, let previous):
            guard let filter = subscriptions.grid else { return nil }
            // One that holds nothing for the client is sent too: the next one names it as its predecessor.
            return filter.isEverything ? shared : EncodedFrame(Self.encoded(delta, filter, previous, sequence, time))
        case .rates(let change):
            if subscriptions.wantsAllRates { return shared }
            let wanted = change.changed.filter { subscriptions.wants($0, of: change.exchangeName) }
            let removed = subscriptions.wantsAll(of: change.exchangeName) ? change.removed : []
            guard !wanted.isEmpty || !removed.isEmpty else { return nil }
            var part = change
            part.removed = removed
            return EncodedFrame(Self.encoded(part, wanted, sequence, time))
        }
    }

    private static func head(_ type: String, _ sequence: Int, _ time: Date, capacity: Int) -> JSONWriter {
        var writer = JSONWriter(reservingCapacity: capacity)
        writer.beginObject()
        writer.field("v", 1)
        writer.field("type", type)
        writer.field("seq", sequence)
        writer.field("ts", Timestamp.text(time))
        return writer
    }

    private static func encoded(_ change: FeedChange, _ changed: [RateChange], _ sequence: Int, _ time: Date) -> [UInt8]
    {
        var writer = head("rates", sequence, time, capacity: 256 + changed.count * 240)
        writer.field("batch_id", change.batchID)
        writer.field("exchange", change.exchangeName)
        writer.field("exchange_id", change.exchange.rawValue)
        writer.field("observed_at", change.observedAt.map(Timestamp.text))
        writer.key("changed")
        writer.beginArray()
        for change in changed { change.write(to: &writer) }
        writer.endArray()
        writer.field("removed", change.removed)
        writer.endObject()
        return writer.bytes
    }

    private static func encoded(
        _ delta: GridDelta, _ filter: GridFilter, _ previous: Int, _ sequence: Int, _ time: Date
    ) -> [UInt8] {
        var writer = head("grid", sequence, time, capacity: 256 + delta.changed.count * 480)
        writer.field("prev", previous)
        delta.writeMembers(to: &writer, filter: filter)
        writer.endObject()
        return writer.bytes
    }

    private static func encoded(_ state: FeedState, _ sequence: Int, _ time: Date) -> [UInt8] {
        var writer = head("health", sequence, time, capacity: 320)
        writer.field("exchange", state.exchangeName)
        writer.field("exchange_id", state.exchange.rawValue)
        writer.field("feed", state.feed.rawValue)
        writer.field("status", state.status.rawValue)
        writer.field("consecutive_failures", state.consecutiveFailures)
        writer.field("error_kind", state.errorKind)
        writer.field("last_success_at", state.lastSuccessAt.map(Timestamp.text))
        writer.endObject()
        return writer.bytes
    }
}
