import Foundation
import FundingCore
import FundingJSON
import FundingStore
import WebServer

/// Settled history of all contracts of an asset side by side, in buckets of time.
struct AssetHistoryEndpoint: Sendable {
    let source: MarketSource
    let reads: TableReads

    private static let asset = Parameter<String>.asset
    private static let days = Parameter<Int?>.integer("days", in: 1...90, "How many days back; 7 if not said.")
    private static let range = Parameter<TimeRange?>.timeRange
    private static let interval = Parameter<Bucket>.choice(
        "interval", default: .eightHours, "The length of a bucket; payments in it are added up.")
    private static let includesLive = Parameter<Bool>.flag(
        "include_live",
        "Also each contract's live rate and when it was seen, as `live` beside the points, null if that was not in the "
            + "last hour; contracts that have not paid yet are then listed too.")

    private static let schema: JSONShape = [
        "asset": .text, "contracts": .list(.text), "exchanges": .list(.text), "days": .count, "interval": .text,
        "data_points": .count,
        // Named by the contract: its rate and, with `_apr` behind, its APR.
        "data": .list(.map(.either([.number.orNull, .text]))),
        "series": .list([
            "key": .text, "exchange": .text, "symbol": .text, "funding_interval_hours": .number,
            // Time in milliseconds since 1970, rate, APR.
            "points": .list(.list(.number)), "live?": AssetHistory.liveSchema.orNull,
        ]),
    ]

    var endpoints: [Endpoint] {
        [
            .get(
                "/api/historical-funding-by-asset/{asset*}", .history,
                "What all contracts of an asset paid, side by side, ascending. A symbol of several exchanges is named "
                    + "`SYMBOL (Exchange)`. Rows stand for whole buckets and carry their ends; the one that has not ended is "
                    + "left out until it has.",
                [Self.asset, Self.days, Self.range, Self.interval, Self.includesLive], answers: Self.schema, history
            ).guarded(by: .heavy).refusing(404)
        ]
    }

    private func history(_ arguments: inout Arguments) async throws -> WebResponse {
        let picture = try source.picture()
        let asset = arguments[Self.asset]
        let (said, range) = (arguments[Self.days], arguments[Self.range])
        let days = said ?? range?.days ?? 7
        let bucket = arguments[Self.interval]
        let includesLive = arguments[Self.includesLive]
        try arguments.finish()
        return try await reads.json(arguments, for: SymbolHistoryEndpoints.kept) { [reads] in
            let now = Date()
            let contracts = try await reads.contracts(of: picture.market.asset(named: asset, at: now))
            let (start, end) = bucket.window(days: days, until: now)
            let sums = try await reads.settlements.sums(
                of: contracts.map(\.id), after: start, through: end, everyHours: bucket.hours)
            let history = AssetHistory(
                contracts, sums, live: includesLive ? picture.market : nil, names: ExchangeNames(picture),
                at: now)
            var writer = JSONWriter(reservingCapacity: 1000 + sums.count * 120)
            writer.beginObject()
            writer.field("asset", asset)
            writer.field("days", days)
            writer.field("interval", bucket.rawValue)
            history.writeMembers(to: &writer)
            writer.endObject()
            return writer
        }
    }
}

extension TableReads {
    /// The contracts of an asset, listed or not.
    /// - Throws: 404 if there is none.
    fileprivate func contracts(of name: AssetName) async throws -> [ContractKey] {
        let all = try await settlements.contracts(baseAsset: name.baseAsset)
        // Of what has never been polled here, the kinds stand in the tables only.
        let kind = name.kind ?? AssetName.plainKind(all.map(\.marketType))
        let contracts = all.filter { $0.marketType == kind }
        guard !contracts.isEmpty else {
            throw WebError.notFound("There is no contract of the asset \(name.text.prefix(60))")
        }
        return contracts
    }
}

/// The length of a bucket of history. Buckets begin and end at multiples of it since 1970; a payment at the end of one
/// belongs to it.
enum Bucket: String, Sendable, CaseIterable {
    case hour = "1h"
    case fourHours = "4h"
    case eightHours = "8h"
    case day = "1d"

    var hours: Int {
        switch self {
        case .hour: 1
        case .fourHours: 4
        case .eightHours: 8
        case .day: 24
        }
    }

    /// The whole buckets of the last days: where the first begins, and where the last that is over ends.
    func window(days: Int, until now: Date) -> (start: Date, end: Date) {
        let window = HistoryParameters.window(days: days, until: now)
        return (boundary(before: window.lowerBound), boundary(before: window.upperBound))
    }

    private func boundary(before time: Date) -> Date {
        let length = Double(hours) * 3600
        return Date(timeIntervalSince1970: (time.timeIntervalSince1970 / length).rounded(.down) * length)
    }
}

/// How far back, in the words of clients of the API before this one.
enum TimeRange: String, Sendable, CaseIterable {
    case day = "1D"
    case week = "7D"
    case twoWeeks = "14D"
    case month = "30D"
    case quarter = "90D"

    var days: Int {
        switch self {
        case .day: 1
        case .week: 7
        case .twoWeeks: 14
        case .month: 30
        case .quarter: 90
        }
    }
}

extension Parameter where Value == TimeRange? {
    fileprivate static var timeRange: Parameter {
        Parameter(
            ParameterDeclaration(
                name: "timeRange", schema: .words(TimeRange.self),
                summary: "How far back, as one word; `days` goes before.")
        ) { arguments, declaration in
            guard let text = arguments.text(declaration, mayBeEmpty: true) else { return nil }
            if let range = TimeRange(rawValue: text.uppercased()) { return range }
            arguments.report(
                "enum", declaration,
                "Input should be one of \(TimeRange.allCases.map(\.rawValue).joined(separator: ", "))", text)
            return nil
        }
    }
}
