import Foundation
import FundingCore
import FundingJSON
import WebServer

/// The rates, from the picture of the market.
struct MarketEndpoints: Sendable {
    let source: MarketSource
    let live: LiveFeed

    var endpoints: [Endpoint] {
        [
            .get(
                "/api/funding-rates", .rates,
                "Live rates, a row a contract. How many there are stands in `X-Total-Count`, other parts in `Link`.",
                RateRequest.parameters, answers: .list(.partOfRate), rates
            ).quick,
            .get(
                "/api/funding-rates-grid", .rates, "Live rates, a row an asset and a cell an exchange.",
                GridRequest.parameters, answers: GridRequest.schema, grid
            ).also(304, nil, nil, "Nothing has changed since.").quick,
            .get(
                "/api/contracts-by-asset/{asset*}", .rates, "Live rates of one asset's contracts.",
                [Self.asset] + RateParameters.filtersOfOneAsset + RateParameters.order,
                answers: Self.contractsSchema, contracts
            ).refusing(404),
        ]
    }

    // MARK: Lists

    private func rates(_ arguments: inout Arguments) async throws -> WebResponse {
        _ = try source.shown()
        let wanted = try RateRequest(&arguments)
        let answer = await source.shared.answer(arguments.name) { picture, now, length in
            let rows = wanted.order.sorted(wanted.selection.rows(in: picture.market, at: now))
            var writer = JSONWriter(reservingCapacity: length)
            writer.rows(rows[wanted.paging], wanted.fields)
            return (writer.bytes, rows.count)
        }
        var response = WebResponse.prepared(answer.body)
        response.describe(wanted.paging, of: answer.total, for: arguments.request)
        return response
    }

    private static let asset = Parameter<String>.asset
    private static let contractsSchema: JSONShape = [
        "asset": .text, "total": .count, "exchanges": .list(.text), "contracts": .list(.rate), "timestamp": .timestamp,
    ]

    private func contracts(_ arguments: inout Arguments) async throws -> WebResponse {
        let picture = try source.picture()
        let market = picture.market
        let asset = arguments[Self.asset]
        var selection = RateSelection(ofOneAsset: &arguments)
        let order = RateOrder(&arguments)
        try arguments.finish()
        let now = Date()
        selection.assets = [market.asset(named: asset, at: now).text]
        let rows = order.sorted(selection.rows(in: market, at: now))
        if rows.isEmpty { try market.requireAsset(asset, at: now) }
        return source.json(picture, now) { writer in
            writer.beginObject()
            writer.field("asset", asset)
            writer.field("total", rows.count)
            writer.field("exchanges", Set(rows.map(\.exchangeName)).sorted { $0.lowercased() < $1.lowercased() })
            writer.key("contracts")
            writer.rows(rows[...], RateField.allCases)
            writer.field("timestamp", Timestamp.text(now))
            writer.endObject()
        }
    }

    // MARK: Grid

    /// The usual one as it was prepared; a part of it is made for the request.
    private func grid(_ arguments: inout Arguments) async throws -> WebResponse {
        let shown = try source.shown()
        let wanted = try GridRequest(&arguments)
        if wanted.known == nil, wanted.filter.isEverything, wanted.pick == shown.picture.grid.pick {
            let answer = await source.shared.answer("grid", aging: .byChange) { picture, _, _ in
                let grid = picture.grid
                return (grid.encoded(sequence: picture.sequence, at: picture.changedAt), grid.rows.count)
            }
            return .prepared(answer.body)
        }
        return await WebRouter.aside { part(wanted, of: shown.picture) }
    }

    private func part(_ wanted: GridRequest, of picture: MarketView.Picture) -> WebResponse {
        let isUsualPick = wanted.pick == picture.grid.pick
        let now = Date()
        if let known = wanted.known {
            if known == picture.sequence { return .empty(304) }
            // Of other picks it is not known when they changed.
            if isUsualPick, let changes = live.gridChanges(after: known) {
                if changes.isEmpty { return .empty(304) }
                return source.json(picture, now) { writer in
                    writer.raw(
                        picture.grid.encoded(
                            changes, since: known, sequence: picture.sequence, at: picture.changedAt,
                            filter: wanted.filter))
                }
            }
        }
        let grid = isUsualPick ? picture.grid : GridDocument(picture.market, pick: wanted.pick, at: now)
        return source.json(picture, now) { writer in
            writer.raw(
                grid.encoded(
                    sequence: picture.sequence, at: picture.changedAt, filter: wanted.filter, inPlaceOf: wanted.known))
        }
    }
}

extension MarketState {
    /// - Throws: 404 for an asset of which no contract is known, delisted or not.
    func requireAsset(_ asset: String, at now: Date) throws(WebError) {
        let anyOfIt = RateSelection(assets: [asset], includesInactive: true)
        guard !anyOfIt.rows(in: self, at: now).isEmpty else {
            throw .notFound("There is no contract of the asset \(asset.prefix(60))")
        }
    }
}

extension JSONWriter {
    mutating func rows(_ rows: ArraySlice<RateRow>, _ fields: [RateField]) {
        beginArray()
        for row in rows { row.write(fields, to: &self) }
        endArray()
    }
}
