import Foundation
import FundingCore
import FundingJSON

/// One subscription for all contracts of all dexs: per dex a list of contexts, which belong to the contracts by place
/// alone. New contracts come at the end and delisted ones keep their place, so a list that does not reach the known
/// contracts, or goes on trading beyond them, or has quite other prices, means that our list is old.
///
/// https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/websocket/subscriptions
struct HyperliquidStream: ExchangeStream {
    // A connection is closed after 60 s in which nothing was sent to it. An address may open 30 connections a minute and
    // send 2000 messages. Streams have fallen silent after a day without being closed (hyperliquid-python-sdk#145).
    let terms = StreamTerms(
        host: "wss://api.hyperliquid.xyz", heartbeat: .text(#"{"method":"ping"}"#, every: .seconds(30)),
        silence: .seconds(60), messagesPerSecond: 5
    )

    func connections(for contracts: StreamedContracts) -> [StreamConnection] {
        // A contract without a number cannot be told from its neighbours.
        let count = contracts.all.count { HyperliquidAsset($0.contract) != nil }
        guard count > 0 else { return [] }
        let subscription = #"{"method":"subscribe","subscription":{"type":"allDexsAssetCtxs"}}"#
        return [StreamConnection("all", path: "/ws", subscriptions: [subscription], contracts: count)]
    }

    // MARK: - Messages

    func read(_ message: JSONView, _ contracts: StreamedContracts) throws -> StreamMessage {
        switch try message.text("channel") {
        case "pong": .alive
        case "subscriptionResponse": .subscribed
        case "error": .refused(message["data"]?.excerpt ?? message.excerpt)
        case "allDexsAssetCtxs": .news(try news(message["data"], contracts))
        case "activeAssetCtx": .news(try newsOfOne(message["data"], contracts))
        default: .ignored
        }
    }

    private func news(_ data: JSONView?, _ contracts: StreamedContracts) throws -> StreamNews {
        guard let data else { throw Rejection("allDexsAssetCtxs without data") }
        let known = Dictionary(grouping: contracts.all.compactMap(Listed.init), by: \.asset.dex)
        var parsed = Parsed<RateUpdate>()
        var isOld = false
        for pair in try data.rows("ctxs") {
            guard let dex = pair[0]?.string, let contexts = try pair[1]?.rows() else {
                throw Rejection("expected [dex, contexts], found \(pair.excerpt)")
            }
            // A dex that no poll could read is none to poll for again; a new one is found with the next listings.
            guard let listed = known[dex], let last = listed.map(\.asset.place).max() else { continue }
            guard last < contexts.count else {
                isOld = true
                continue
            }
            let values = Array(contexts)
            for contract in listed {
                parsed.add(symbol: contract.symbol) {
                    let context = values[contract.asset.place]
                    try contract.confirm(try context.price("markPx"))
                    return try update(contract.symbol, context)
                }
            }
            if values[(last + 1)...].contains(where: isTraded) { isOld = true }
        }
        return StreamNews(parsed.rows, rejects: parsed.rejects, outdatesListings: isOld || parsed.listingsAreOutdated)
    }

    /// The same context of one coin, named.
    private func newsOfOne(_ data: JSONView?, _ contracts: StreamedContracts) throws -> StreamNews {
        guard let data, let context = data["ctx"] else { throw Rejection("activeAssetCtx without a context") }
        let coin = try data.text("coin")
        guard contracts[coin] != nil else { return StreamNews() }
        var parsed = Parsed<RateUpdate>()
        parsed.add(symbol: coin) { try update(coin, context) }
        return StreamNews(parsed.rows, rejects: parsed.rejects)
    }

    /// A delisted contract has no middle price.
    private func isTraded(_ context: JSONView) -> Bool { context["midPx"].map { !$0.isNull } ?? false }

    private func update(_ symbol: String, _ context: JSONView) throws -> RateUpdate {
        let mark = try context.price("markPx")
        let coins = try context.number("openInterest")
        return RateUpdate(
            symbol, fundingRate: try context.requiredNumber("funding"), markPrice: mark,
            indexPrice: try context.nonZero("oraclePx"),
            openInterest: .base(coins, at: mark)
        )
    }

    private struct Listed {
        let symbol: String
        let asset: HyperliquidAsset
        private let price: Double?

        init?(_ snapshot: FundingSnapshot) {
            guard let asset = HyperliquidAsset(snapshot.contract), asset.place >= 0 else { return nil }
            (symbol, self.asset, price) = (snapshot.contract.symbol, asset, snapshot.markPrice)
        }

        /// No price doubles between two polls, but that of a neighbour in the list may be anything.
        func confirm(_ mark: Double?) throws {
            guard let mark, let price, mark > 2 * price || price > 2 * mark else { return }
            throw Rejection(
                "priced \(mark) where the poll had \(price): another contract's place", outdatesListings: true)
        }
    }
}
