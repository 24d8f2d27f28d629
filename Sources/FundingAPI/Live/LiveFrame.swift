import Foundation
import FundingCore
import FundingJSON
import FundingRuntime

/// One thing that happened, numbered: kept for those who resume, in its shared form and in the one that filters need.
struct LiveFrame: Sendable {
    enum Content: Sendable {
        case rates(FeedChange)
        /// `previous` is the sequence of the grid frame before.
        case grid(GridDelta, previous: Int)
        case arbitrage(ArbitrageNews)
        case health(FeedState)
        case contracts(ContractsEvent)
        case backfill(BackfillEvent)
        case settings(SettingsEvent)
        case statistics(StatisticsNews)
    }

    let sequence: Int
    let time: Date
    let content: Content
    /// Roughly how many bytes it takes without its encoding.
    let size: Int
    private let encoding = Lock<EncodedFrame?>(nil)

    init(_ sequence: Int, _ content: Content, at time: Date) {
        self.sequence = sequence
        self.time = time
        self.content = content
        size = content.size
    }

    var isGrid: Bool {
        if case .grid = content { true } else { false }
    }

    var isHealth: Bool {
        if case .health = content { true } else { false }
    }

    var isArbitrage: Bool {
        if case .arbitrage = content { true } else { false }
    }

    /// For everybody who wants all of it, of pairs all of one part: made when the first does.
    var shared: EncodedFrame {
        encoding.withLock { encoding in
            if let encoding { return encoding }
            let frame = encodedWhole
            encoding = frame
            return frame
        }
    }

    /// Gives back the memory that the shared form takes; whoever wants it next has it made anew.
    func forgetEncoding() { encoding.withLock { $0 = nil } }

    /// Whether somebody has wanted all of it.
    var isEncoded: Bool { encoding.withLock { $0 != nil } }

    private var encodedWhole: EncodedFrame {
        switch content {
        case .rates(let change): frame(Self.encoded(change, change.changed, sequence, time))
        case .statistics(let news): frame(Self.encoded(news, sequence, time))
        case .grid(let delta, let previous): frame(Self.encoded(delta, GridFilter(), previous, sequence, time))
        case .arbitrage(let news): frame(news.encoded(sequence, time))
        case .health(let state): frame(Self.encoded(state, sequence, time))
        case .contracts(let event): frame(Self.encoded(event, sequence, time))
        case .backfill(let event): frame(Self.encoded(event, sequence, time))
        case .settings(let event): frame(Self.encoded(event, sequence, time))
        }
    }

    /// The frame as one client's subscriptions want it; nil if they want nothing of it.
    func message(for subscriptions: Subscriptions) -> EncodedFrame? {
        switch content {
        case .health(let state):
            return subscriptions.wantsHealth(of: state.exchangeName) ? shared : nil
        case .contracts(let event):
            if subscriptions.wantsAll(.contracts) { return shared }
            var part = event
            part.changes = event.changes.filter {
                subscriptions.wants(.contracts, asset: $0.baseAsset, of: event.exchangeName)
            }
            return part.changes.isEmpty ? nil : frame(Self.encoded(part, sequence, time))
        case .backfill:
            return subscriptions.wants(.backfill) ? shared : nil
        case .settings:
            return subscriptions.wants(.settings) ? shared : nil
        case .arbitrage(let news):
            return subscriptions.arbitrage == news.scope ? shared : nil
        case .grid(let delta, let previous):
            guard let filter = subscriptions.grid else { return nil }
            // One that holds nothing for the client is sent too: the next one names it as its predecessor.
            return filter.isEverything ? shared : frame(Self.encoded(delta, filter, previous, sequence, time))
        case .rates(let change):
            if subscriptions.wantsAll(.rates) { return shared }
            let wanted = change.changed.filter {
                subscriptions.wants(.rates, asset: $0.baseAsset, of: change.exchangeName)
            }
            // A symbol does not say of which asset it was: whoever hears any of the exchange is told of all that is gone.
            let removed = subscriptions.wantsSome(.rates, of: change.exchangeName) ? change.removed : []
            guard !wanted.isEmpty || !removed.isEmpty else { return nil }
            var part = change
            part.removed = removed
            return frame(Self.encoded(part, wanted, sequence, time))
        case .statistics(let news):
            if subscriptions.wantsAll(.statistics) { return shared }
            return news.part(for: subscriptions).map { frame(Self.encoded($0, sequence, time)) }
        }
    }

    private func frame(_ json: [UInt8]) -> EncodedFrame { EncodedFrame(json, sequence: sequence) }

    static func head(_ type: String, _ sequence: Int, _ time: Date, capacity: Int) -> JSONWriter {
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
        var writer = head("rates", sequence, time, capacity: LiveFrameSize.head + changed.count * LiveFrameSize.rate)
        writer.field("batch_id", change.batchID)
        writer.field("exchange", change.exchangeName)
        writer.field("exchange_id", change.exchange.rawValue)
        writer.field("observed_at", change.observedAt.map(Timestamp.text))
        writer.field("partial", change.isPartial)
        writer.list("changed", changed) { moved, writer in
            moved.writeFields(to: &writer)
            writer.field("z_score", change.zScores[moved.symbol])
        }
        writer.field("removed", change.removed)
        writer.endObject()
        return writer.bytes
    }

    private static func encoded(
        _ delta: GridDelta, _ filter: GridFilter, _ previous: Int, _ sequence: Int, _ time: Date
    ) -> [UInt8] {
        var writer = head(
            "grid", sequence, time, capacity: LiveFrameSize.head + delta.changed.count * LiveFrameSize.row)
        writer.field("prev", previous)
        delta.writeMembers(to: &writer, filter: filter)
        writer.endObject()
        return writer.bytes
    }

    private static func encoded(_ state: FeedState, _ sequence: Int, _ time: Date) -> [UInt8] {
        var writer = head("health", sequence, time, capacity: LiveFrameSize.head)
        writer.field("exchange", state.exchangeName)
        writer.field("exchange_id", state.exchange.rawValue)
        writer.field("feed", state.feed.rawValue)
        writer.field("status", state.status.rawValue)
        writer.field("consecutive_failures", state.consecutiveFailures)
        writer.field("error_kind", state.errorKind)
        writer.field("until", state.retryAt.map(Timestamp.text))
        writer.field("last_success_at", state.lastSuccessAt.map(Timestamp.text))
        writer.endObject()
        return writer.bytes
    }
}

/// Typical lengths in bytes of what frames are made of.
enum LiveFrameSize {
    static let head = 320
    static let rate = 240
    static let row = 480
    static let terms = 400
    static let pair = 2000
    static let name = 48
    static let statistics = 560
}

extension LiveFrame.Content {
    fileprivate var size: Int {
        switch self {
        case .rates(let change): LiveFrameSize.head + change.changed.count * LiveFrameSize.rate
        case .grid(let delta, _): LiveFrameSize.head + delta.changed.count * LiveFrameSize.row
        case .arbitrage(let news): news.size
        case .health, .settings: LiveFrameSize.head
        case .statistics(let news): LiveFrameSize.head + news.changed.count * LiveFrameSize.statistics
        case .contracts(let event): LiveFrameSize.head + event.changes.count * LiveFrameSize.terms
        case .backfill(let event): LiveFrameSize.head + event.exchanges.count * LiveFrameSize.rate
        }
    }
}
