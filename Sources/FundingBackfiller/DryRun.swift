import CurlDriver
import Foundation
import FundingCore
import FundingExchanges
import FundingJSON
import FundingRuntime
import Logging

/// The window's settlements printed instead of stored: a JSON object a settlement on standard output, a JSON object a
/// reject on standard error.
struct DryRun {
    private let settings: BackfillerSettings
    private let logger: Logger
    private let now = Date()

    init(_ settings: BackfillerSettings, _ logger: Logger) {
        self.settings = settings
        self.logger = logger
    }

    /// Returns whether every contract's history was read to its end.
    func run() async -> Bool {
        let fetcher = HTTPFetcher(userAgent: ServiceProcess.userAgent)
        let fetch: ExchangePoller.Fetch = { request throws(HTTPFetchError) in try await fetcher.fetch(request) }
        let allRead = await withTaskGroup(of: Bool.self) { group in
            for adapter in settings.adapters {
                group.addTask { await read(adapter, fetch) }
            }
            return await group.reduce(true) { $0 && $1 }
        }
        await fetcher.close()
        return allRead
    }

    private func read(_ adapter: any ExchangeAdapter, _ fetch: @escaping ExchangePoller.Fetch) async -> Bool {
        let profile = adapter.profile
        let base = settings.bases[profile.feed]
        let gate = HostGate(profile, base: base, use: settings.budgetUse)
        var allRead = true
        let listed: [ListedContract]
        do {
            listed = try await contracts(ExchangePoller(adapter, base: base, gate: gate, fetch: fetch), &allRead)
        } catch {
            logger.error("contracts not listed", metadata: ["feed": "\(profile.feed)", "error": "\(error)"])
            return false
        }
        let fetcher = HistoryFetcher(adapter, base: base, gate: gate, fetch: fetch)
        for contract in listed where await !read(contract, fetcher) { allRead = false }
        return allRead
    }

    private struct ListedContract {
        var contract: Contract
        /// Nil if it was described without.
        var interval: FundingInterval?
    }

    /// What the exchange lists, or of that what was named; described contracts need no listing.
    private func contracts(_ poller: ExchangePoller, _ allFound: inout Bool) async throws -> [ListedContract] {
        let profile = poller.adapter.profile
        let described =
            settings.contracts?.compactMap { named in
                named.contract(of: profile).map { ListedContract(contract: $0, interval: named.interval) }
            } ?? []
        let named = settings.contracts?.filter { $0.baseAsset == nil }.map(\.symbol)
        var found = described
        guard named?.isEmpty != true else { return found }
        let snapshots = try await poller.poll().snapshots
        guard let named else { return snapshots.map { ListedContract(contract: $0.contract, interval: $0.interval) } }
        for symbol in named {
            if let snapshot = snapshots.first(where: { $0.contract.symbol == symbol }) {
                found.append(ListedContract(contract: snapshot.contract, interval: snapshot.interval))
            } else {
                logger.error("not listed", metadata: ["feed": "\(profile.feed)", "symbol": "\(symbol)"])
                allFound = false
            }
        }
        return found
    }

    private func read(_ listed: ListedContract, _ fetcher: HistoryFetcher) async -> Bool {
        let window = settings.window.range(at: now)
        let contract = listed.contract
        // The interval of today may not be that of the window: the settlements themselves tell.
        let ledger = IntervalLedger(listed.interval.map { [(from: window.lowerBound, interval: $0)] } ?? [])
        var pages = fetcher.pages(of: contract, every: listed.interval ?? .hourly, during: window)
        var settlements: [FundingSettlement] = []
        var rejects: [Reject] = []
        var failure: (any Error)?
        do {
            while let page = try await pages.next() {
                settlements += page.settlements
                rejects += page.rejects
            }
        } catch {
            failure = error
        }
        let points = SettledPoint.points(of: settlements, after: [], ledger: ledger)
        print(points, of: contract)
        let read = Set(points.map(\.fundingTime))
        for slot in Set(settlements.map { $0.slot }).subtracting(read).sorted() {
            let reason = "the payment of \(Timestamp.text(slot)) stands alone: its interval is unknown"
            rejects.append(Reject(symbol: contract.symbol, reason: reason))
        }
        print(rejects, of: contract)
        var facts: Logger.Metadata = [
            "feed": "\(contract.feed)", "symbol": "\(contract.symbol)", "settlements": "\(points.count)",
            "pages": "\(pages.account.pages)", "rejects": "\(rejects.count)",
        ]
        if let failure {
            facts["error"] = "\(failure)"
            logger.error("history not read to its end", metadata: facts)
        } else {
            logger.info("history read", metadata: facts)
        }
        return failure == nil
    }

    private func print(_ points: [SettledPoint], of contract: Contract) {
        var lines = JSONLines(descriptor: STDOUT_FILENO)
        for point in points { lines.append { point.write(to: &$0, of: contract) } }
        lines.flush()
    }

    private func print(_ rejects: [Reject], of contract: Contract) {
        var lines = JSONLines(descriptor: STDERR_FILENO)
        for reject in rejects {
            lines.append { writer in
                writer.beginObject()
                writer.key("reject")
                writer.beginObject()
                writer.field("feed", contract.feed.rawValue)
                writer.field("symbol", reject.symbol)
                writer.field("reason", reject.reason)
                writer.endObject()
                writer.endObject()
            }
        }
        lines.flush()
    }
}

extension SettledPoint {
    /// The line of a dry run.
    fileprivate func write(to writer: inout JSONWriter, of contract: Contract) {
        writer.beginObject()
        writer.field("exchange", contract.exchange.rawValue)
        writer.field("symbol", contract.symbol)
        writer.field("base_asset", contract.baseAsset)
        writer.field("funding_time", Timestamp.text(fundingTime))
        writer.field("funding_rate", fundingRate)
        writer.field("funding_interval_hours", interval.hours)
        writer.field("mark_price", markPrice)
        writer.endObject()
    }
}
