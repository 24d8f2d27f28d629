import FundingJSON

/// Kraken Futures: rates are amounts an hour, fixed while the hour runs; the history of a contract is one answer.
struct SimulatedKraken: PlayedExchange {
    let feed = "kraken"

    /// Under which code a contract's base is spelled, which also says what it is.
    enum Listing {
        static let linear = "kraken"
        static let inverse = "kraken-inverse"
        static let share = "kraken-share"
        static let dated = "kraken-dated"
        /// In the lists, but not tradeable any more.
        static let closed = "kraken-closed"
        /// Tradeable in principle, suspended for now.
        static let suspended = "kraken-suspended"
    }

    // MARK: - Contracts

    private static let perpetuals = 320
    private static let inverse = ["BTC", "ETH", "LTC", "BCH", "XRP"]
    private static let shares = ["AAPL", "TSLA", "NVDA", "GOOGL", "MSTR", "COIN", "HOOD", "CRCL"]
    private static let dated = ["BTC", "ETH"]
    private static let closed = ["USTC": Listing.closed, "FTT": Listing.suspended]

    func contracts(of assets: [Asset], at now: Int) -> [SimulatedContract] {
        var list = KrakenListing(feed: feed, now: now)
        let inverse = Self.inverse.compactMap(assets.named)
        for asset in inverse { list.add(asset, Listing.inverse) }
        let shares = Self.shares.compactMap(assets.named)
        for asset in shares { list.add(asset, Listing.share, as: asset.name + "x") }
        let coins = Self.perpetuals - inverse.count - shares.count
        for asset in assets.largest(coins, without: Set(Self.closed.keys)) { list.add(asset, Listing.linear) }
        for name in Self.closed.keys.sorted() {
            if let asset = assets.named(name) { list.add(asset, Self.closed[name] ?? Listing.closed) }
        }
        for asset in Self.dated.compactMap(assets.named) {
            for expiry in Universe.quarterlyExpiries(after: now, count: 2) {
                list.add(asset, Listing.dated, expiry: expiry)
                list.add(asset, Listing.dated, expiry: expiry, isInverse: true)
            }
        }
        return list.contracts
    }

    // MARK: - Requests

    func answer(to request: SimulatedRequest, in scene: Scene) -> SimulatedAnswer {
        guard request.method == "GET" else { return Self.error(405, "apiInvalidMethod", at: scene.now) }
        switch request.path {
        case "/derivatives/api/v3/instruments": return KrakenInstruments(scene).answer()
        case "/derivatives/api/v3/tickers": return KrakenTickers(scene).answer()
        case "/derivatives/api/v4/historicalfundingrates": return KrakenHistory(scene).answer(request)
        default: return Self.error(404, "notFound", at: scene.now)
        }
    }

    static func success(
        _ list: StaticString, at now: Int, reservingCapacity capacity: Int, _ write: (inout JSONWriter) -> Void
    ) -> SimulatedAnswer {
        .written(reservingCapacity: capacity) { json in
            json.beginObject()
            json.field("result", "success")
            json.key(list)
            json.beginArray()
            write(&json)
            json.endArray()
            json.field("serverTime", InstantText.milliseconds(now))
            json.endObject()
        }
    }

    static func error(_ status: Int, _ name: String, at now: Int) -> SimulatedAnswer {
        .written(status: status) { json in
            json.beginObject()
            json.field("result", "error")
            json.field("error", name)
            json.field("serverTime", InstantText.milliseconds(now))
            json.endObject()
        }
    }

    // MARK: - Limits

    /// Five hundred units in ten seconds, of which public requests cost none.
    let limits = [RequestLimit(name: "cost", capacity: 500, refill: .window(seconds: 10))]

    func cost(of request: SimulatedRequest) -> [String: Double] { ["cost": 0] }

    func refusal(_ refusal: LimitRefusal, at now: Int) -> SimulatedAnswer {
        Self.error(429, "apiLimitExceeded", at: now)
    }

    func errorObject(at now: Int) -> SimulatedAnswer { Self.error(200, "apiLimitExceeded", at: now) }
}
