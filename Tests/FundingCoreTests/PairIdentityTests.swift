import Foundation
import FundingCore
import Testing

/// Tickers are not unique; prices tell assets apart.
struct PairIdentityTests {
    /// Contracts of one ticker as exchanges list them: those that are the same asset have the same letter.
    private struct Listing {
        var exchange: ExchangeID
        var ticker: String
        var quote = "USDT"
        var market = MarketType.crypto
        var denomination = 1.0
        var mark: Double?
        var asset: Character?
    }

    private static let corpus: [Listing] = [
        // Two coins of one ticker, and one that counts in thousands.
        Listing(exchange: "binance", ticker: "NEIRO", mark: 0.00041, asset: "a"),
        Listing(exchange: "bybit", ticker: "NEIRO", denomination: 1000, mark: 0.412, asset: "a"),
        Listing(exchange: "kucoin", ticker: "NEIRO", mark: 0.0382, asset: "b"),
        Listing(exchange: "mexc", ticker: "NEIRO", mark: 0.0379, asset: "b"),
        // A multiplier that was read wrong must not make a pair.
        Listing(exchange: "aster", ticker: "NEIRO", denomination: 1, mark: 0.409, asset: "c"),
        // Multipliers of the same coin.
        Listing(exchange: "binance", ticker: "PEPE", denomination: 1000, mark: 0.00702, asset: "p"),
        Listing(exchange: "mexc", ticker: "PEPE", mark: 0.00000701, asset: "p"),
        Listing(exchange: "drift", ticker: "PEPE", quote: "USD", denomination: 1_000_000, mark: 7.03, asset: "p"),
        Listing(exchange: "hyperliquid", ticker: "PEPE", quote: "USD", denomination: 1000, mark: 0.00699, asset: "p"),
        // A coin and a share of the same ticker, at the same price even.
        Listing(exchange: "binance", ticker: "META", mark: 0.91, asset: "m"),
        Listing(exchange: "hyperliquid", ticker: "META", quote: "USDC", market: .stock, mark: 0.91, asset: "s"),
        Listing(exchange: "lighter", ticker: "META", quote: "USD", market: .stock, mark: 0.9095, asset: "s"),
        Listing(exchange: "mexc", ticker: "META", market: .premarket, mark: 0.911, asset: "q"),
        Listing(exchange: "kucoin", ticker: "META", market: .index, mark: 0.911, asset: "i"),
        Listing(exchange: "apex", ticker: "META", market: .unknown, mark: 0.91, asset: "u"),
        // Priced in something else than dollars, or not at all: nobody can tell.
        Listing(exchange: "deribit", ticker: "ETH", quote: "BTC", mark: 0.0345, asset: nil),
        Listing(exchange: "binance", ticker: "ETH", mark: 3421, asset: "e"),
        Listing(exchange: "bybit", ticker: "ETH", quote: "USD", mark: 3425, asset: "e"),
        Listing(exchange: "dydx", ticker: "ETH", quote: "USD", mark: nil, asset: nil),
        Listing(exchange: "kucoin", ticker: "ETH", quote: "EURC", mark: 3140, asset: nil),
    ]

    @Test func noPairOfTwoAssetsIsRankedAndEveryPairOfOneIs() {
        let rates = Self.corpus.enumerated().map { id, listing in
            SpreadSample.rate(
                id, listing.exchange, asset: listing.ticker, quote: listing.quote, market: listing.market,
                denomination: listing.denomination, rate: Double(id + 1) / 1e5, mark: listing.mark)
        }
        let spreads = SpreadSample.board(rates).spreads
        var ranked: Set<[Int]> = []
        for spread in spreads where spread.isRanked { ranked.insert([spread.long.id, spread.short.id].sorted()) }
        var same: Set<[Int]> = []
        for (one, first) in Self.corpus.enumerated() {
            for (other, second) in Self.corpus.enumerated()
            where one < other && first.exchange != second.exchange && first.ticker == second.ticker {
                if let asset = first.asset, asset == second.asset, asset != "u" { same.insert([one, other]) }
            }
        }
        #expect(ranked == same)
        for spread in spreads {
            let (long, short) = (Self.corpus[spread.long.id], Self.corpus[spread.short.id])
            #expect(long.market == short.market, "kinds are never mixed")
            switch spread.identity {
            case .proven: #expect(long.asset == short.asset)
            case .conflict: #expect(long.asset != short.asset && abs(spread.priceGapPercent ?? 0) > 9)
            case .ambiguous:
                #expect(long.asset == nil || short.asset == nil)
                #expect(spread.priceGapPercent == nil)
            }
        }
        #expect(spreads.contains { $0.identity == .conflict } && spreads.contains { $0.identity == .ambiguous })
    }

    @Test(arguments: [
        (100.0, 110.0, true), (110, 100, true), (100, 110.1, false), (110.1, 100, false), (100, 1e5, false),
    ])
    func tenPercentIsTheLimitInBothDirections(long: Double, short: Double, isProven: Bool) throws {
        let spread = try #require(
            SpreadSample.spread(
                SpreadSample.rate(1, "a", rate: 0, mark: long), SpreadSample.rate(2, "b", rate: 0.1, mark: short)))
        #expect((spread.identity == .proven) == isProven)
    }

    @Test(arguments: [
        (100.0, 100.04, 0.0), (100, 100.06, 0.1), (100, 99.7, -0.3), (100, 112.4, 12), (1, 1000, 100_000),
        (1000, 1, -100),
    ])
    func theGapIsToldNoFinerThanItMeans(long: Double, short: Double, percent: Double) throws {
        let spread = try #require(
            SpreadSample.spread(
                SpreadSample.rate(1, "a", rate: 0, mark: long), SpreadSample.rate(2, "b", rate: 0.1, mark: short)))
        #expect(spread.priceGapPercent == percent)
    }
}
