import Foundation
import FundingCore
import FundingExchanges
import FundingRuntime
import FundingStore

/// How far one backfill is, feed by feed. Written by many tasks, read by those who tell of it.
final class RunProgress: Sendable {
    enum Stage: String, Sendable {
        /// Another process is at the exchange.
        case waiting
        case running, done
        /// The exchange answered nobody any more.
        case stopped
    }

    struct Feed: Sendable {
        let exchange: ExchangeID
        let exchangeName: String
        var counts: BackfillProgress
        var stage = Stage.waiting
        /// Settlements that fell due and are there.
        var present = 0
        /// What its requests take by the documented limits, whoever sends them.
        var leastTime = Duration.zero
        /// Contracts that the exchange did not give all of, and why; the first few of them.
        var failures: [String] = []
        var failed = 0

        fileprivate init(_ profile: ExchangeProfile) {
            exchange = profile.exchange
            exchangeName = profile.name
            counts = BackfillProgress(feed: profile.feed)
        }

        var isWhole: Bool { stage == .done && failed == 0 }

        /// Done contracts, in percent.
        var percent: Int {
            guard counts.symbolsTotal > 0 else { return stage == .done ? 100 : 0 }
            return 100 * counts.symbolsDone / counts.symbolsTotal
        }
    }

    private let state: Lock<[Feed]>

    init(_ profiles: [ExchangeProfile]) { state = Lock(profiles.map(Feed.init)) }

    /// In the order of the registry.
    var feeds: [Feed] { state.withLock { $0 } }

    /// How many contracts are done, and of how many.
    var doneOfAll: String {
        let feeds = feeds
        let done = feeds.reduce(0) { $0 + $1.counts.symbolsDone }
        return "\(done) of \(feeds.reduce(0) { $0 + $1.counts.symbolsTotal })"
    }

    /// So many contracts will have to be read when the feed's turn comes.
    func expect(_ feed: FeedID, contracts: Int) { change(feed) { $0.counts.symbolsTotal = contracts } }

    func begin(_ feed: FeedID, contracts: Int) {
        change(feed) { feed in
            feed.stage = .running
            feed.counts.status = .processing
            feed.counts.startedAt = Date()
            feed.counts.symbolsTotal = contracts
        }
    }

    /// - Parameter leastTime: what the exchange's limit makes of the request.
    func count(requestOf feed: FeedID, taking leastTime: Duration) {
        change(feed) { feed in
            feed.counts.requests += 1
            feed.leastTime += leastTime
        }
    }

    func count(_ written: HistoryStore.Written, of feed: FeedID) {
        change(feed) { feed in
            feed.counts.rowsInserted += written.inserted
            feed.counts.rowsUpdated += written.updated
        }
    }

    /// One contract is as complete as it will be.
    func finish(_ contract: HistoryContract, of feed: FeedID, _ report: HistoryReport, _ failure: ExchangeError?) {
        change(feed) { feed in
            feed.counts.symbolsDone += 1
            feed.counts.symbolsComplete += report.status == .complete ? 1 : 0
            feed.counts.missing += report.expected - report.present
            feed.present += report.present
            feed.estimate(at: Date())
            guard let failure else { return }
            feed.fail("\(contract.contract.symbol): \(failure)")
        }
    }

    /// A contract that was asked for by name and that nobody knows.
    func fail(_ feed: FeedID, _ reason: String) { change(feed) { $0.fail(reason) } }

    func end(_ feed: FeedID, because error: (any Error)? = nil) {
        change(feed) { feed in
            feed.stage = error == nil ? .done : .stopped
            feed.counts.status =
                switch error {
                case nil: feed.present == 0 && feed.counts.missing > 0 ? .noData : .completed
                case is FeedStopped: .error
                default: .uploadFailed
                }
            feed.close()
            if let error { feed.counts.error = "\(error)" }
        }
    }

    /// Somebody wants it ended: what has not come to its end will not.
    func cancel() {
        for feed in feeds where feed.stage == .waiting || feed.stage == .running {
            change(feed.counts.feed) { feed in
                feed.counts.status = .cancelled
                feed.close()
            }
        }
    }

    /// What is missing and why, a line a feed.
    var account: String { feeds.map(\.account).joined(separator: "\n") }

    var isWhole: Bool { feeds.allSatisfy(\.isWhole) }

    private func change(_ feed: FeedID, _ body: (inout Feed) -> Void) {
        state.withLock { feeds in
            guard let place = feeds.firstIndex(where: { $0.counts.feed == feed }) else { return }
            body(&feeds[place])
        }
    }
}

extension RunProgress.Feed {
    fileprivate mutating func fail(_ reason: String) {
        failed += 1
        if failures.count < 5 { failures.append(reason) }
        counts.error = counts.error ?? reason
    }

    fileprivate mutating func close() {
        counts.eta = nil
        counts.finishedAt = counts.startedAt.map { _ in Date() }
    }

    /// The rest will take as long as what is done has.
    fileprivate mutating func estimate(at now: Date) {
        guard let startedAt = counts.startedAt, counts.symbolsDone > 0 else { return }
        let each = now.timeIntervalSince(startedAt) / Double(counts.symbolsDone)
        counts.eta = now.addingTimeInterval(each * Double(counts.symbolsTotal - counts.symbolsDone))
    }

    var account: String {
        var text = """
            \(counts.feed): \(counts.symbolsDone)/\(counts.symbolsTotal) contracts, \(counts.rowsInserted) rows added, \
            \(counts.rowsUpdated) changed, \(counts.missing) missing
            """
        if stage == .stopped, let error = counts.error { text += "; stopped: \(error)" }
        if failed > 0 {
            let more = failed > failures.count ? " and \(failed - failures.count) more" : ""
            text += "; failed: \(failures.joined(separator: "; "))\(more)"
        }
        return text
    }
}
