import CurlDriver
import Foundation
import FundingCore
import FundingExchanges
import FundingJSON

/// The three answers of a Binance poll, made once for every round so that making them costs the bench nothing.
struct BinanceBodies: Sendable {
    private let info: [UInt8]
    private let premiums: [[UInt8]]

    init(contracts: Int) {
        info = Self.array("symbols", contracts) { place, writer in
            writer.field("symbol", "C\(place)USDT")
            writer.field("contractType", "PERPETUAL")
            writer.field("status", "TRADING")
            writer.field("baseAsset", "C\(place)")
            writer.field("quoteAsset", "USDT")
            writer.field("marginAsset", "USDT")
            writer.field("onboardDate", 1_569_398_400_000)
            writer.field("underlyingType", "COIN")
        }
        let hour = (Date().timeIntervalSince1970 / 28_800).rounded(.up) * 28_800_000
        premiums = (0..<2).map { round in
            Self.array(nil, contracts) { place, writer in
                writer.field("symbol", "C\(place)USDT")
                writer.field("markPrice", "\(100 + place).\(5 + round)0000000")
                writer.field("indexPrice", "\(100 + place).\(4 + round)0000000")
                writer.field("estimatedSettlePrice", "\(100 + place).50000000")
                writer.field("lastFundingRate", "0.0001\(round)\(place % 10)00")
                writer.field("interestRate", "0.00010000")
                writer.field("nextFundingTime", Int(hour))
                writer.field("time", Int(hour) - 1000)
            }
        }
    }

    func answer(to request: HTTPRequest, _ round: Int) -> HTTPResponse {
        let path = request.url.split(separator: "/").last ?? ""
        let body = path == "premiumIndex" ? premiums[round % 2] : path == "exchangeInfo" ? info : Array("[]".utf8)
        return HTTPResponse(status: 200, body: body)
    }

    private static func array(_ name: StaticString?, _ count: Int, _ fields: (Int, inout JSONWriter) -> Void) -> [UInt8]
    {
        var writer = JSONWriter(reservingCapacity: count * 256)
        if let name {
            writer.beginObject()
            writer.key(name)
        }
        writer.beginArray()
        for place in 0..<count {
            writer.beginObject()
            fields(place, &writer)
            writer.endObject()
        }
        writer.endArray()
        if name != nil { writer.endObject() }
        return writer.bytes
    }
}

/// Rows as all exchanges together have them.
enum Universe {
    static func snapshots(_ count: Int, _ profile: ExchangeProfile, round: Int, at time: Date) -> [FundingSnapshot] {
        (0..<count).map { place in
            let contract = Contract(
                exchange: profile.exchange, feed: profile.feed, symbol: "U\(place)USDT", baseAsset: "U\(place)",
                quoteAsset: "USDT", settleAsset: "USDT"
            )
            let rate = Double(place % 200 + round) * 1e-6
            let mark = 100 + Double(place + round) / 7
            return FundingSnapshot(
                contract, rate: rate, every: .eightHours, nextFundingTime: time.addingTimeInterval(3600),
                markPrice: mark, indexPrice: mark * 0.999,
                openInterest: .base(Double(10_000 + place * round), at: mark),
                observedAt: time
            )
        }
    }
}
