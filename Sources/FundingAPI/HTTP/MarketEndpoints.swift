import Foundation
import FundingCore
import FundingJSON
import WebServer

/// What is answered from the picture of the market.
struct MarketEndpoints: Sendable {
    /// Seconds for which an answer may be used again: ages in it are off by no more.
    private static let maxAge = 5

    let view: MarketView
    let gridBody: GridBody
    /// Differs in every process.
    let session: String

    private func picture() throws(WebError) -> MarketView.Picture {
        let picture = view.current
        guard picture.isLoaded else { throw .notReadyYet }
        return picture
    }

    /// `GET /api/funding-rates`: a bare array; how many there are stands in `X-Total-Count`.
    func rates(_ request: WebRequest) async throws -> WebResponse {
        let picture = try picture()
        let wanted = try RateRequest(request.query, market: picture.market)
        let now = Date()
        let rows = wanted.order.sorted(wanted.selection.rows(in: picture.market, at: now))
        var response = json(picture, now) { writer in
            writer.rows(rows.dropFirst(wanted.offset).prefix(wanted.limit), wanted.fields)
        }
        response.setHeader("X-Total-Count", "\(rows.count)")
        let links = PageLinks.field(
            path: request.rawPath, query: request.query, offset: wanted.offset, limit: wanted.limit, total: rows.count
        )
        if let links { response.setHeader("Link", links) }
        return response
    }

    /// `GET /api/contracts-by-asset/{asset}`.
    func contracts(_ request: WebRequest) async throws -> WebResponse {
        let picture = try picture()
        let market = picture.market
        let asset = (request.parameters["asset"] ?? "").trimmed.uppercased()
        var reader = QueryReader(request.query)
        var selection = RateSelection(&reader, market: market)
        let order = RateOrder(
            key: reader.choice("sort_by", default: RateOrder.Key.apr),
            direction: reader.choice("sort_order", default: RateOrder.Direction.desc)
        )
        try reader.finish()
        selection.assets = [asset]
        let now = Date()
        // Under the plain name of a ticker that several kinds share come those that the grid shows under it.
        let names = AssetNaming.names(market.kinds(of: asset, at: now), of: asset)
        let rows = order.sorted(
            selection.rows(in: market, at: now).filter {
                names[$0.rate.contract.marketType].map { $0 == asset } ?? true
            }
        )
        if rows.isEmpty {
            let anyOfIt = RateSelection(assets: [asset], includesInactive: true)
            guard !anyOfIt.rows(in: market, at: now).isEmpty else {
                throw WebError.notFound("There is no contract of the asset \(asset.prefix(60))")
            }
        }
        return json(picture, now) { writer in
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

    /// `GET /api/funding-rates-grid`: the usual one as it was prepared; a part of it is made for the request.
    func grid(_ request: WebRequest) async throws -> WebResponse {
        let picture = try picture()
        var reader = QueryReader(request.query)
        let exchanges = reader.exchanges("exchanges", "exchange", in: picture.market).map(\.name)
        let assets = reader.list("assets", "asset", expected: "Input should be an asset") { $0.uppercased() }
        var filter = GridFilter(
            exchanges: exchanges.isEmpty ? nil : Set(exchanges), assets: assets.isEmpty ? nil : Set(assets),
            search: reader.search("search")
        )
        if reader.flag("cross_listed") { filter.leastExchanges = 2 }
        let pick = reader.choice("pick", default: GridPick.extreme)
        try reader.finish()
        if filter.isEverything, pick == picture.grid.pick { return .prepared(await gridBody.current()) }
        let now = Date()
        let grid = pick == picture.grid.pick ? picture.grid : GridDocument(picture.market, pick: pick, at: now)
        return json(picture, now) { writer in
            writer.raw(grid.encoded(sequence: picture.sequence, at: picture.changedAt, filter: filter))
        }
    }

    /// `GET /api/exchanges`: names, or with `details=true` what is known of each.
    func exchanges(_ request: WebRequest) async throws -> WebResponse {
        let picture = try picture()
        let now = Date()
        var reader = QueryReader(request.query)
        let wantsDetails = reader.flag("details")
        try reader.finish()
        guard wantsDetails else { return json(picture, now) { $0.value(picture.market.exchanges.map(\.name)) } }
        let summaries = ExchangeSummary.all(in: picture.market, at: now)
        return json(picture, now) { writer in
            writer.beginObject()
            writer.field("exchanges", summaries)
            writer.field("total", summaries.count)
            writer.endObject()
        }
    }

    /// An answer that may be used again for a few seconds. Its tag is weak and holds the time: ages in the body move
    /// on though nothing changed, and must not be confirmed for long.
    private func json(
        _ picture: MarketView.Picture, _ now: Date, _ write: (inout JSONWriter) -> Void
    ) -> WebResponse {
        var writer = JSONWriter(reservingCapacity: 4096)
        write(&writer)
        var response = WebResponse.json(writer.bytes)
        let tick = Int(now.timeIntervalSince1970) / Self.maxAge
        response.setHeader("ETag", "W/\"\(session)-\(picture.sequence)-\(tick)\"")
        response.setHeader("Cache-Control", "max-age=\(Self.maxAge)")
        return response
    }
}

extension JSONWriter {
    fileprivate mutating func rows(_ rows: ArraySlice<RateRow>, _ fields: [RateField]) {
        beginArray()
        for row in rows { row.write(fields, to: &self) }
        endArray()
    }
}
