import CurlDriver
import Foundation
import FundingCore
import FundingExchanges
import FundingJSON
import FundingRuntime
import Logging

/// One poll of every feed, printed instead of stored: a JSON object a contract on standard output, a JSON object a reject
/// on standard error.
struct DryRun {
    private let settings: CollectorSettings
    private let logger: Logger

    init(_ settings: CollectorSettings, _ logger: Logger) {
        self.settings = settings
        self.logger = logger
    }

    /// Returns whether every feed answered.
    func run() async -> Bool {
        let fetcher = HTTPFetcher(userAgent: ServiceProcess.userAgent)
        var allAnswered = true
        await withTaskGroup(of: (FeedID, Result<FeedPoll, any Error>).self) { group in
            for adapter in settings.adapters {
                let base = settings.bases[adapter.profile.feed]
                let gate = HostGate(adapter.profile, base: base, use: settings.budgetUse)
                let poller = ExchangePoller(adapter, base: base, gate: gate) {
                    request throws(HTTPFetchError) in try await fetcher.fetch(request)
                }
                group.addTask { (adapter.profile.feed, await Self.poll(poller, logger)) }
            }
            for await (feed, result) in group {
                switch result {
                case .success(let poll): print(poll)
                case .failure(let error):
                    allAnswered = false
                    logger.error("poll failed", metadata: ["feed": "\(feed)", "error": "\(error)"])
                }
            }
        }
        await fetcher.close()
        return allAnswered
    }

    /// Two polls where open interest comes contract by contract: it is asked for in between.
    private static func poll(_ poller: ExchangePoller, _ logger: Logger) async -> Result<FeedPoll, any Error> {
        do {
            let started = ContinuousClock.now
            var poll = try await poller.poll()
            if poll.snapshots.contains(where: { poller.adapter.openInterestRequest(of: $0.contract) != nil }) {
                let failures = await poller.refreshOpenInterest()
                if let first = failures.first {
                    logger.warning(
                        "open interest missing",
                        metadata: ["feed": "\(first.feed)", "contracts": "\(failures.count)", "error": "\(first)"]
                    )
                }
                await poller.complete(&poll)
            }
            let seconds = (ContinuousClock.now - started) / .seconds(1)
            for failure in poll.failures {
                logger.warning("request failed", metadata: ["feed": "\(failure.feed)", "error": "\(failure)"])
            }
            logger.info(
                "poll finished",
                metadata: [
                    "feed": "\(poll.profile.feed)", "contracts": "\(poll.snapshots.count)",
                    "rejects": "\(poll.rejects.count)", "excluded": "\(poll.exclusions)",
                    "failed_requests": "\(poll.failures.count)", "seconds": "\((seconds * 1000).rounded() / 1000)",
                ]
            )
            return .success(poll)
        } catch {
            return .failure(error)
        }
    }

    private func print(_ poll: FeedPoll) {
        var lines = JSONLines(descriptor: STDOUT_FILENO)
        for snapshot in poll.snapshots { lines.append { snapshot.write(to: &$0) } }
        lines.flush()
        var rejects = JSONLines(descriptor: STDERR_FILENO)
        for reject in poll.rejects {
            rejects.append { writer in
                writer.beginObject()
                writer.key("reject")
                writer.beginObject()
                writer.field("feed", poll.profile.feed.rawValue)
                writer.field("symbol", reject.symbol)
                writer.field("reason", reject.reason)
                writer.endObject()
                writer.endObject()
            }
        }
        rejects.flush()
    }
}

extension FundingSnapshot {
    /// The line of a dry run.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("exchange", contract.exchange.rawValue)
        writer.field("feed", contract.feed.rawValue)
        writer.field("symbol", contract.symbol)
        writer.field("base_asset", contract.baseAsset)
        writer.field("quote_asset", contract.quoteAsset)
        writer.field("settle_asset", contract.settleAsset)
        writer.field("denomination", contract.denomination)
        writer.field("contract_type", contract.contractType.rawValue)
        writer.field("market_type", contract.marketType.rawValue)
        writer.field("funding_rate", fundingRate)
        writer.field("funding_interval_hours", interval.hours)
        writer.field("next_funding_time", nextFundingTime.map(Timestamp.text))
        writer.field("apr", apr)
        writer.field("mark_price", markPrice)
        writer.field("index_price", indexPrice)
        writer.field("open_interest_usd", openInterest?.usd)
        writer.field("open_interest_raw", openInterest?.raw?.amount)
        writer.field("open_interest_unit", openInterest?.raw?.unit.rawValue)
        writer.field("observed_at", Timestamp.text(observedAt))
        writer.endObject()
    }
}
