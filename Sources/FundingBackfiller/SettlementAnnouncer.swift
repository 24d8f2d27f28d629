import Foundation
import FundingCore
import FundingExchanges
import FundingRuntime
import FundingStore
import Logging

/// Tells on Redis which settlements were committed: at most one event a feed and second, whatever is written.
final class SettlementAnnouncer: Sendable {
    private static let pause = Duration.seconds(1)

    private let events: EventPublisher
    private let logger: Logger
    private let waiting = Lock<[FeedID: SettlementsEvent]>([:])
    private let isHeard = Lock(true)

    init(_ events: EventPublisher, _ logger: Logger) {
        self.events = events
        self.logger = logger
    }

    /// Rows of some of a feed's contracts were committed.
    func note(_ rows: [(contract: Contract, points: [SettledPoint])], of profile: ExchangeProfile) {
        let written = rows.compactMap { contract, points in SettlementsEvent.Written(points, of: contract) }
        guard !written.isEmpty else { return }
        waiting.withLock { waiting in
            var event =
                waiting[profile.feed]
                ?? SettlementsEvent(
                    feed: profile.feed, exchange: profile.exchange, exchangeName: profile.name, writtenAt: Date(),
                    written: [])
            event.writtenAt = Date()
            event.written += written
            waiting[profile.feed] = event
        }
    }

    /// Publishes what is waiting, every second until cancelled, and then what is left.
    func run() async {
        while !Task.isCancelled {
            do { try await ContinuousClock().sleep(for: Self.pause) } catch { break }
            await flush()
        }
        // Redis is not asked on behalf of a task that has been told to end: what is left goes out with one that has not.
        await Task { await self.flush() }.value
    }

    /// An event that is lost was only a hint: Redis may be away.
    func flush() async {
        let events = waiting.withLock { waiting in
            defer { waiting = [:] }
            return waiting.values.sorted { $0.feed.rawValue < $1.feed.rawValue }
        }
        for event in events {
            do {
                try await self.events.publish(event)
                isHeard.withLock { $0 = true }
            } catch {
                let wasHeard = isHeard.withLock { isHeard in
                    defer { isHeard = false }
                    return isHeard
                }
                if wasHeard { logger.warning("events not published", metadata: ["error": "\(error)"]) }
            }
        }
    }
}

extension SettlementsEvent.Written {
    /// Nil if there are none.
    fileprivate init?(_ points: [SettledPoint], of contract: Contract) {
        guard let first = points.first, let last = points.last else { return nil }
        self.init(
            symbol: contract.symbol, baseAsset: contract.baseAsset, from: first.fundingTime, to: last.fundingTime,
            count: points.count)
    }
}
