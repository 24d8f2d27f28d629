import Foundation
import FundingCore
import FundingJSON

/// dYdX's `v4_markets`: all markets once, then whatever of a market has changed, several messages in one batch.
///
/// https://docs.dydx.xyz/indexer-client/websockets#markets; the messages' exact shape from the source:
/// https://github.com/dydxprotocol/v4-chain/blob/main/indexer/services/socks/src/helpers/message.ts
struct DYdXStream: ExchangeStream {
    let terms = StreamTerms(
        // The server pings by control frames every 30 s and ends what does not answer within 10 s.
        host: "wss://indexer.dydx.trade", awaitsGreeting: true, silence: .seconds(60), messagesPerSecond: 2
    )

    private static let channel = "v4_markets"

    func connections(for contracts: StreamedContracts) -> [StreamConnection] {
        guard !contracts.all.isEmpty else { return [] }
        let subscription = #"{"type":"subscribe","channel":"\#(Self.channel)","batched":true}"#
        return [
            StreamConnection("markets", path: "/v4/ws", subscriptions: [subscription], contracts: contracts.all.count)
        ]
    }

    func read(_ message: JSONView, _ contracts: StreamedContracts) throws -> StreamMessage {
        let type = try message.text("type")
        switch type {
        case "connected": return .greeting
        case "error": return .refused(try message.text("message"))
        case "subscribed", "channel_data", "channel_batch_data": break
        default: return .ignored
        }
        guard message["channel"]?.isString(Self.channel) == true, let contents = message["contents"] else {
            throw Rejection("neither \(Self.channel) nor contents in a message of type \(type)")
        }
        var reader = DYdXMarketReader(contracts)
        for part in contents.kind == .array ? Array(contents.elements) : [contents] { try reader.read(part) }
        reader.news.channels = [Self.channel]
        return .news(reader.news)
    }
}

/// Gathers what the contents of one message say.
private struct DYdXMarketReader {
    let contracts: StreamedContracts
    var news = StreamNews()

    init(_ contracts: StreamedContracts) { self.contracts = contracts }

    mutating func read(_ contents: JSONView) throws {
        guard contents.kind == .object else {
            throw Rejection("contents: expected an object, found \(contents.excerpt)")
        }
        if let markets = contents["markets"] {
            for (ticker, market) in markets.members { addIfActive(ticker, market) }
        }
        if let changes = contents["trading"] {
            for (ticker, market) in changes.members {
                noteStatus(of: ticker, market)
                addIfActive(ticker, market)
            }
        }
        if let prices = contents["oraclePrices"] {
            for (ticker, price) in prices.members {
                add(ticker) { contract in
                    var update = try Self.update(of: contract, price)
                    update.exchangeTime = price["effectiveAt"]?.string.flatMap { Timestamp.parse($0) }
                    return update
                }
            }
        }
    }

    /// A market that begins or ends to be ACTIVE is a matter for the next poll.
    private mutating func noteStatus(of ticker: String, _ market: JSONView) {
        guard let status = market["status"]?.string else { return }
        if (status == "ACTIVE") != (contracts[ticker] != nil) { news.outdatesListings = true }
    }

    /// Changes name the status only if that has changed.
    private mutating func addIfActive(_ ticker: String, _ market: JSONView) {
        if let status = market["status"]?.string, status != "ACTIVE" { return }
        add(ticker) { try Self.update(of: $0, market) }
    }

    private mutating func add(_ ticker: String, _ update: (FundingSnapshot) throws -> RateUpdate) {
        guard let contract = contracts[ticker] else { return }
        do {
            news.updates.append(try update(contract))
        } catch {
            news.rejects.append(Reject(symbol: ticker, reason: (error as? Rejection)?.reason ?? "\(error)"))
        }
    }

    /// Any part may be missing: that much has not changed. Coins without a price are worth what the last poll said.
    private static func update(of snapshot: FundingSnapshot, _ market: JSONView) throws -> RateUpdate {
        let oracle = try market.price("oraclePrice")
        let coins = try market.number("openInterest")
        let price = oracle ?? snapshot.markPrice
        return RateUpdate(
            snapshot.contract.symbol, fundingRate: try market.number("nextFundingRate"),
            markPrice: oracle, indexPrice: oracle, openInterest: .base(coins, at: price)
        )
    }
}
