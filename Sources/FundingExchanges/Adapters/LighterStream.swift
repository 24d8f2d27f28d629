import Foundation
import FundingCore
import FundingJSON

/// One channel for all markets, each under its number. Rates are percent an hour here, where the REST rates are fractions
/// of eight hours; open interest is dollars here and coins there.
///
/// https://apidocs.lighter.xyz/docs/websocket-reference
struct LighterStream: ExchangeStream {
    // A frame of ours at least every 2 minutes; 200 messages and 80 new connections a minute.
    let terms = StreamTerms(
        host: "wss://mainnet.zklighter.elliot.ai", heartbeat: .pingFrame(every: .seconds(60)), awaitsGreeting: true,
        silence: .seconds(30), messagesPerSecond: 2
    )

    func connections(for contracts: StreamedContracts) -> [StreamConnection] {
        guard !contracts.all.isEmpty else { return [] }
        return [
            StreamConnection(
                "all", path: "/stream", subscriptions: [#"{"type":"subscribe","channel":"market_stats/all"}"#],
                contracts: contracts.all.count
            )
        ]
    }

    // MARK: - Messages

    private static let alreadySubscribed = 30003

    func read(_ message: JSONView, _ contracts: StreamedContracts) throws -> StreamMessage {
        if let error = message["error"] {
            return error["code"]?.int == Self.alreadySubscribed ? .subscribed : .refused(error.excerpt)
        }
        switch try message.text("type") {
        case "connected": return .greeting
        case "ping": return .question(answer: #"{"type":"pong"}"#)
        case "pong": return .alive
        case "subscribed/market_stats", "update/market_stats": return .news(try news(message, contracts))
        default: return .ignored
        }
    }

    private func news(_ message: JSONView, _ contracts: StreamedContracts) throws -> StreamNews {
        guard let stats = message["market_stats"], stats.kind == .object else {
            throw Rejection("no market_stats in \(message.excerpt)")
        }
        let time = try message.milliseconds("timestamp")
        // `market_stats/all` holds markets by number, `market_stats/1` the market itself.
        let markets = stats["market_id"] == nil ? stats.members.map(\.value) : [stats]
        var parsed = Parsed<RateUpdate>()
        for market in markets {
            // 0 is ETH.
            guard let id = market["market_id"]?.int else {
                parsed.add(symbol: market["symbol"]?.string ?? market.excerpt) {
                    throw Rejection("market_id is missing")
                }
                continue
            }
            guard let contract = contracts.contract(nativeID: "\(id)")?.contract else { continue }
            parsed.add(symbol: contract.symbol) { try update(of: contract, market, at: time) }
        }
        return StreamNews(parsed.rows, rejects: parsed.rejects, outdatesListings: parsed.listingsAreOutdated)
    }

    private func update(of contract: Contract, _ market: JSONView, at time: Date?) throws -> RateUpdate {
        if let symbol = market["symbol"]?.string, symbol != contract.symbol {
            throw Rejection("the market's number now belongs to \(symbol)", outdatesListings: true)
        }
        return RateUpdate(
            contract.symbol,
            // `funding_rate` is the last one paid.
            fundingRate: try market.number("current_funding_rate").map(Lighter.fraction),
            markPrice: try market.price("mark_price"), indexPrice: try market.nonZero("index_price"),
            // In dollars, unlike the coins of the poll: it says what they are worth, not how many there are.
            openInterest: try market.number("open_interest").map { OpenInterest(usd: $0) }, exchangeTime: time
        )
    }
}
