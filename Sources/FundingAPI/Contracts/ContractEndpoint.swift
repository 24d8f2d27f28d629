import Foundation
import FundingCore
import FundingJSON
import FundingStore
import WebServer

/// One contract with all that is known of it.
struct ContractEndpoint: Sendable {
    private static let kept = Duration.seconds(30)
    private static let historyDays = 30

    let source: MarketSource
    let reads: TableReads
    let completeness: CompletenessReads

    private typealias Ask = HistoryParameters

    private static let schema = JSONShape.named(
        JSONShape.Component(
            name: "Contract",
            schema: JSONShape.rateMembers.with([
                "terms": .list(TermsStore.Entry.schema).orNull, "completeness": VerifyAccount.contractSchema.orNull,
            ])))

    var endpoints: [Endpoint] {
        [
            .get(
                "/api/contracts/{exchange}/{symbol*}", .rates,
                "One contract: its rate, the terms that it has had, ascending, and what of 30 days of settled history is "
                    + "there. While the tables are out of reach the latter two are null.",
                [Ask.pathExchange, Ask.symbol], answers: Self.schema, contract
            ).refusing(404)
        ]
    }

    private func contract(_ arguments: inout Arguments) async throws -> WebResponse {
        let picture = try source.picture()
        let exchange = arguments[Ask.pathExchange]
        let symbol = arguments[Ask.symbol]
        try arguments.finish()
        let market = picture.market
        let rate = try market.contract(symbol, on: exchange)
        let names = ExchangeNames(picture)
        let stored = try await stored(of: rate.contract, names)
        let now = Date()
        let row = RateRow(
            rate: rate, kind: market.kind(of: rate), exchangeName: names[rate.contract.exchange],
            freshness: market.freshness(of: rate, at: now), statistics: market.statistics(of: rate), now: now)
        return source.json(picture, now) { writer in
            writer.beginObject()
            row.writeMembers(RateField.allCases, to: &writer)
            for (name, part) in [("terms", stored?.terms), ("completeness", stored?.completeness)] {
                writer.key(name)
                if let part { writer.raw(part) } else { writer.null() }
            }
            writer.endObject()
        }
    }

    /// What the tables hold of a contract, encoded; nil while they are out of reach: the rate is known all the same.
    private func stored(
        of contract: Contract, _ names: ExchangeNames
    ) async throws -> (terms: [UInt8], completeness: [UInt8])? {
        do {
            return (try await terms(of: contract), try await completeness(of: contract, names))
        } catch  where ErrorBody.status(of: error) == WebError.databaseUnavailable.status {
            return nil
        }
    }

    private func terms(of contract: Contract) async throws -> [UInt8] {
        try await reads.cache.bytes("terms of \(contract.feed) \(contract.symbol)", for: Self.kept) { [reads] in
            let entries = try await TermsStore(reads.pool).terms(of: contract.symbol, on: contract.exchange)
            var writer = JSONWriter(reservingCapacity: 100 + entries.count * 400)
            writer.beginArray()
            for entry in entries {
                writer.beginObject()
                entry.writeMembers(to: &writer)
                writer.endObject()
            }
            writer.endArray()
            return writer.bytes
        }
    }

    private func completeness(of contract: Contract, _ names: ExchangeNames) async throws -> [UInt8] {
        let name = "completeness of \(contract.feed) \(contract.symbol)"
        return try await reads.cache.bytes(name, for: Self.kept) { [completeness] in
            let now = Date()
            let checked = try await completeness.check(
                days: Self.historyDays, exchanges: [contract.exchange], symbols: [contract.symbol], now: now)
            let account = VerifyAccount(
                checked, threshold: HistoryReport.retryThreshold, days: Self.historyDays, names: names, at: now)
            var writer = JSONWriter(reservingCapacity: 1000)
            if let one = checked.first { account.write(one, to: &writer) } else { writer.null() }
            return writer.bytes
        }
    }
}
