import Foundation
import FundingCore
import FundingExchanges
import FundingRuntime
import FundingStore
import Logging

// What an exchange tells of all its contracts together.

extension FeedBackfill {
    /// Stores what answers hold of many contracts around a slot.
    /// - Returns: the contracts that they held a payment of; nil if the exchange does not tell them together.
    func store(slot: Date, of contracts: [HistoryContract], within jitter: TimeInterval) async throws -> Set<Int>? {
        let window = slot.addingTimeInterval(-jitter)...slot.addingTimeInterval(jitter)
        guard var pages = fetcher.bulkPages(during: window) else { return nil }
        let reach = slot.addingTimeInterval(-Limit.neighbourhood)...slot.addingTimeInterval(Limit.neighbourhood)
        var bulk = try await BulkSeries(contracts, stored: points(of: contracts, during: reach), around: window)
        while let page = try await pages.next() { try await store(page, &bulk) }
        return bulk.brought
    }

    /// Fills what is missing with the pages of all contracts together, if that takes fewer requests than contract by
    /// contract. What they leave open, contracts are asked for one by one.
    /// - Returns: the contracts of which every stored payment has come again.
    func fillInBulk(_ contracts: [HistoryContract], during window: ClosedRange<Date>, scope: BackfillScope) async throws
        -> Set<Int>
    {
        guard fetcher.adapter.bulkPageRows > 0 else { return [] }
        let reach = window.lowerBound.addingTimeInterval(-Limit.neighbourhood)...window.upperBound
        var bulk = try await BulkSeries(
            contracts, stored: points(of: contracts, during: reach), from: window.lowerBound)
        let plans = contracts.compactMap { contract in
            bulk.series[contract.id].map { series in
                BackfillPlan(
                    during: window, report: report(contract, series, during: window), covered: contract.covered,
                    scope: scope)
            }
        }.filter { !$0.windows.isEmpty }
        guard let start = plans.compactMap(\.windows.first?.lowerBound).min(),
            let end = plans.compactMap(\.windows.last?.upperBound).max(),
            isWorthIt(contracts, plans.count, during: start...end), var pages = fetcher.bulkPages(during: start...end)
        else { return [] }
        do {
            while let page = try await pages.next() {
                progress.count(requestOf: profile.feed, taking: page.leastTime)
                tell(of: page.rejects)
                try await store(page, &bulk)
                Failpoint.pass("after_page")
            }
        } catch let error as ExchangeError {
            // What came is stored; the rest is asked for contract by contract, and there it is said what fails.
            logger.warning("bulk pages ended early", metadata: ["feed": "\(profile.feed)", "error": "\(error)"])
        }
        return Set(bulk.series.filter(\.value.hasComeAgain).keys)
    }

    private func isWorthIt(_ contracts: [HistoryContract], _ lacking: Int, during window: ClosedRange<Date>) -> Bool {
        let payments = contracts.reduce(0) { sum, contract in
            let interval = contract.ledger.shortest(during: window, otherwise: contract.interval)
            return sum + window.upperBound.timeIntervalSince(window.lowerBound) / (Double(interval.minutes) * 60)
        }
        return payments / Double(fetcher.adapter.bulkPageRows) < Double(lacking)
    }

    private func points(of contracts: [HistoryContract], during reach: ClosedRange<Date>) async throws
        -> [Int: [SettledPoint]]
    {
        try await stores.patiently(logger) { try await $0.history.points(of: contracts.map(\.id), during: reach) }
    }

    private func store(_ page: HistoryPage, _ bulk: inout BulkSeries) async throws {
        let changed = bulk.add(page.settlements)
        let rows = changed.flatMap { contract, points in points.map { (contractID: contract.id, point: $0) } }
        let written = try await stores.patiently(logger) { try await $0.history.write(rows, covering: []) }
        Failpoint.pass("after_commit")
        progress.count(written, of: profile.feed)
        stores.announcer.note(changed.map { ($0.contract.contract, $0.points) }, of: profile)
    }
}

/// The series of many contracts, filled by pages that hold rows of all of them.
struct BulkSeries {
    private let contracts: [String: HistoryContract]
    private(set) var series: [Int: ContractSeries]
    /// The contracts that pages held a payment of.
    private(set) var brought: Set<Int> = []

    init(_ contracts: [HistoryContract], stored: [Int: [SettledPoint]], from start: Date) {
        self.contracts = Dictionary(contracts.map { ($0.contract.symbol, $0) }) { $1 }
        series = Dictionary(
            uniqueKeysWithValues: contracts.map { contract in
                let series = ContractSeries(
                    contract.contract.symbol, stored: stored[contract.id] ?? [], from: start, ledger: contract.ledger)
                return (contract.id, series)
            }
        )
    }

    /// For the payments of one slot. Those before it are neighbours only: read anew without their own, the oldest would get
    /// another interval.
    init(_ contracts: [HistoryContract], stored: [Int: [SettledPoint]], around slot: ClosedRange<Date>) {
        self.init(contracts, stored: stored, from: slot.lowerBound)
    }

    /// Takes in a page. Rows of contracts that nobody listed are left out.
    /// - Returns: the points that have to be written.
    mutating func add(_ settlements: [FundingSettlement]) -> [(contract: HistoryContract, points: [SettledPoint])] {
        var changed: [(contract: HistoryContract, points: [SettledPoint])] = []
        for (symbol, settlements) in Dictionary(grouping: settlements, by: \.symbol) {
            guard let contract = contracts[symbol], let points = series[contract.id]?.add(settlements) else { continue }
            brought.insert(contract.id)
            if !points.isEmpty { changed.append((contract, points)) }
        }
        return changed
    }
}
