import Foundation
import FundingCore
import FundingStore
import WebServer

/// Tables as CSV files: RFC 4180, sent as they are made.
struct ExportEndpoints: Sendable {
    private enum Limits {
        /// Rows that are made before they are sent.
        static let rows = 500
        /// Payments read in one step.
        static let page = 5000
    }

    let source: MarketSource
    let reads: TableReads

    private static let exchanges = Parameter<[KnownExchange]>.exchanges("exchange", "Only these exchanges.")
        .orNamed("exchanges")
    private static let symbols = Parameter<[String]>.symbols("symbol", "Only these symbols; repeat it for several.")
    private static let days = Parameter<Int>.integer("days", in: 1...90, default: 30, "How many days back.")

    var endpoints: [Endpoint] {
        [
            .page(
                "/api/export/rates.csv", "text/csv", "Live rates as a CSV file.",
                RateParameters.filters + RateParameters.order, in: .rates, by: rates
            ).guarded(by: .heavy),
            .page(
                "/api/export/history.csv", "text/csv", "Settled history as a CSV file, newest first.",
                [Self.exchanges, Self.symbols, Self.days], in: .history, by: history
            ).guarded(by: .heavy),
        ]
    }

    private func rates(_ arguments: inout Arguments) async throws -> WebResponse {
        let picture = try source.picture()
        let selection = RateSelection(&arguments)
        let order = RateOrder(&arguments)
        try arguments.finish()
        let rows = order.sorted(selection.rows(in: picture.market, at: Date()))
        return .csvFile("funding-rates.csv") { writer in
            var csv = CSVWriter()
            csv.header([
                "exchange", "symbol", "base_asset", "quote_asset", "funding_rate", "funding_interval_hours", "apr",
                "next_funding_time", "mark_price", "index_price", "open_interest_usd", "last_updated", "stale",
                "is_active", "z_score", "percentile", "mean_30d", "std_dev_30d", "mean_30d_apr", "std_dev_30d_apr",
                "confidence",
            ])
            for (count, row) in rows.enumerated() {
                csv.append(row)
                if count % Limits.rows == Limits.rows - 1 { try await writer.write(csv.take()) }
            }
            try await writer.write(csv.take())
        }
    }

    private func history(_ arguments: inout Arguments) async throws -> WebResponse {
        let names = try ExchangeNames(source.picture())
        let exchanges = arguments[Self.exchanges]
        let symbols = arguments[Self.symbols]
        let days = arguments[Self.days]
        try arguments.finish()
        let settlements = reads.settlements
        let contracts = try await settlements.contracts(
            exchanges: exchanges.isEmpty ? nil : exchanges.map(\.id), symbols: symbols.isEmpty ? nil : symbols)
        let window = HistoryParameters.window(days: days, until: Date())
        // The first page is read before the answer begins: what goes wrong here can still be told by its status.
        let first = try await HistoryPageRead(settlements, contracts, window, nil, Limits.page)
        return .csvFile("funding-history-\(days)d.csv") { writer in
            var csv = CSVWriter()
            csv.header([
                "exchange", "symbol", "base_asset", "funding_time", "funding_rate", "funding_interval_hours", "apr",
                "mark_price",
            ])
            var page = first
            while true {
                for row in page.rows { csv.append(row, of: page.contract(of: row), names) }
                try await writer.write(csv.take())
                guard let next = page.next else { return }
                page = try await HistoryPageRead(settlements, contracts, window, next, Limits.page)
            }
        }
    }
}

extension CSVWriter {
    fileprivate mutating func append(_ row: RateRow) {
        let contract = row.rate.contract
        text(row.exchangeName)
        text(contract.symbol)
        text(contract.baseAsset)
        text(contract.quoteAsset)
        number(row.rate.fundingRate)
        number(row.rate.interval.hours)
        number(row.rate.apr)
        text(row.rate.comingFundingTime(at: row.now).map(Timestamp.text))
        number(row.rate.markPrice)
        number(row.rate.indexPrice)
        number(row.rate.openInterestUSD)
        text(Timestamp.text(row.rate.observedAt))
        flag(row.freshness != .fresh)
        flag(row.rate.isActive)
        number(row.statistics?.zScore)
        number(row.statistics?.percentile)
        number(row.statistics?.rates?.mean)
        number(row.statistics?.rates?.standardDeviation)
        number(row.statistics?.aprs?.mean)
        number(row.statistics?.aprs?.standardDeviation)
        text((row.statistics?.confidence ?? .none).rawValue)
        endRow()
    }

    fileprivate mutating func append(_ row: Settlement, of contract: ContractKey, _ names: ExchangeNames) {
        text(names[contract.exchange])
        text(contract.symbol)
        text(contract.baseAsset)
        text(Timestamp.text(row.fundingTime))
        number(row.fundingRate)
        number(row.interval.hours)
        number(row.apr)
        number(row.markPrice)
        endRow()
    }
}
