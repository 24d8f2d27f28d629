import Foundation
import FundingCore
import FundingExchanges
import FundingStore

/// One try at a feed, from its tick on.
struct Attempt {
    let startedAt: Date
    let batchID: String
    private let instant: ContinuousClock.Instant

    /// - Parameter period: polls that start within the same period of the wall clock share a batch.
    init(startedAt: Date, instant: ContinuousClock.Instant, period: Duration) {
        self.startedAt = startedAt
        self.instant = instant
        let seconds = period / .seconds(1)
        let tick = (startedAt.timeIntervalSince1970 / seconds).rounded(.down) * seconds
        batchID = Timestamp.text(Date(timeIntervalSince1970: tick))
    }

    func duration(at now: ContinuousClock.Instant) -> TimeInterval { (now - instant) / .seconds(1) }

    func failure(_ feed: FeedID, _ verdict: FailureVerdict, _ error: ExchangeError, at now: ContinuousClock.Instant)
        -> FeedHealthStore.Failure
    {
        FeedHealthStore.Failure(
            feed: feed, batchID: batchID, status: verdict.status, outcome: verdict.outcome, errorKind: error.kind.label,
            detail: error.description.storable,
            retryAt: verdict.retryIn.map { Date().addingTimeInterval($0 / .seconds(1)) }, startedAt: startedAt,
            duration: duration(at: now)
        )
    }
}

/// What a failed poll makes of a feed.
struct FailureVerdict: Equatable {
    var status: FeedState.Status
    var outcome: String
    /// How long the feed will be left alone, if longer than to its next tick.
    var retryIn: Duration?

    init(_ error: ExchangeError, _ breaker: CircuitBreaker, at now: ContinuousClock.Instant) {
        outcome = error.kind == .timedOut ? "timeout" : "error"
        retryIn = error.kind.pause
        switch error.kind {
        case .rateLimited, .banned: status = .rateLimited
        case .blocked: status = .blocked
        default: status = .failing
        }
        if breaker.state == .open {
            status = .circuitOpen
            retryIn = max(breaker.pause, retryIn ?? .zero)
        }
    }
}

extension SnapshotBatch {
    /// What a stream has said, to be stored beside the rows that it does not concern.
    init(streamed snapshots: [FundingSnapshot], of profile: ExchangeProfile, at now: Date) {
        self.init(
            feed: profile.feed, exchange: profile.exchange, exchangeName: profile.name, batchID: "stream",
            snapshots: snapshots, rejects: [], excluded: 0, isComplete: false, partError: nil, startedAt: now,
            duration: 0, observedAt: snapshots.lazy.map(\.observedAt).max() ?? now
        )
        source = .stream
    }

    init(_ poll: FeedPoll, _ attempt: Attempt, at now: ContinuousClock.Instant) {
        self.init(
            feed: poll.profile.feed, exchange: poll.profile.exchange, exchangeName: poll.profile.name,
            batchID: attempt.batchID, snapshots: poll.snapshots,
            rejects: poll.rejects.map { Reject(symbol: $0.symbol.storable, reason: $0.reason.storable) },
            excluded: poll.excluded.values.reduce(0, +), isComplete: poll.isComplete,
            partError: poll.failures.first.map { ($0.kind.label, $0.description.storable) },
            startedAt: attempt.startedAt, duration: attempt.duration(at: now), observedAt: poll.observedAt
        )
    }
}

extension String {
    /// What an exchange sent, cut and made fit for a text column: Postgres refuses the zero byte, and with it the whole row.
    var storable: String {
        String(
            prefix(200).unicodeScalars.map { scalar in
                scalar.value < 0x20 || scalar.value == 0x7F ? "\u{FFFD}" : Character(scalar)
            }
        )
    }
}

/// Which rejects have been logged, so that a row that is refused at every poll is one line, not thousands.
struct RejectMemory {
    private static let limit = 2000
    private var seen: Set<Reject> = []

    mutating func unseen(_ rejects: [Reject]) -> [Reject] {
        if seen.count > Self.limit { seen.removeAll() }
        return rejects.filter { seen.insert($0).inserted }
    }
}
