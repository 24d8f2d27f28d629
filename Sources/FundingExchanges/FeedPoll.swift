public import Foundation
public import FundingCore

/// What one poll of one feed brought.
public struct FeedPoll: Sendable {
    public var profile: ExchangeProfile
    public var snapshots: [FundingSnapshot]
    public var rejects: [Reject]
    public var excluded: [Exclusion: Int]
    /// Requests that failed without failing the poll.
    public var failures: [ExchangeError]
    /// Every part of the feed answered: a contract that is not here is not listed. False if a part failed.
    public var isComplete: Bool
    /// When the oldest of the answers with rates arrived.
    public var observedAt: Date
    /// What the exchange said, listings not included.
    public var answers: [Answer] = []

    /// Sorts what an adapter read into rows that may be stored and rejects: a rate no exchange can charge, a price below
    /// zero, a time beyond the next interval or a second row of a symbol is refused, whatever the exchange says.
    init(
        _ profile: ExchangeProfile, _ parsed: Parsed<FundingSnapshot>, failures: [ExchangeError], isComplete: Bool,
        at now: Date
    ) {
        self.profile = profile
        self.failures = failures
        self.isComplete = isComplete
        excluded = parsed.excluded
        rejects = parsed.rejects
        snapshots = []
        snapshots.reserveCapacity(parsed.rows.count)
        observedAt = parsed.rows.lazy.map(\.observedAt).min() ?? now
        var seen = Set<String>(minimumCapacity: parsed.rows.count)
        for var snapshot in parsed.rows {
            let symbol = snapshot.contract.symbol
            if let fault = Plausibility.fault(of: snapshot) {
                rejects.append(Reject(symbol: symbol, reason: fault))
            } else if !seen.insert(symbol).inserted {
                rejects.append(Reject(symbol: symbol, reason: "the symbol stands twice in one poll"))
            } else {
                if !snapshot.isContinuous {
                    snapshot.nextFundingTime = NextFundingTime.resolve(
                        stated: snapshot.nextFundingTime, every: snapshot.interval, now: snapshot.observedAt
                    )
                }
                snapshots.append(snapshot)
            }
        }
    }

    /// How many rows were left out for which reason, as log lines show it: `dated:4,delisted:42`.
    public var exclusions: String {
        let counts = excluded.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key.rawValue):\($0.value)" }
        return counts.isEmpty ? "none" : counts.joined(separator: ",")
    }
}
