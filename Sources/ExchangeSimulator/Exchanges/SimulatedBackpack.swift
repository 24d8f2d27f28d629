import FundingJSON

/// Backpack: three plain arrays and no envelope; numbers are texts, times come in three forms.
struct SimulatedBackpack: PlayedExchange {
    let feed = "backpack"

    /// Under which code a contract's base is spelled, which also says what its market is.
    enum Listing {
        static let perpetual = "backpack"
        static let share = "backpack-share"
        /// Not visible any more, but still priced.
        static let hidden = "backpack-hidden"
        /// The order book is closed.
        static let closed = "backpack-closed"
        static let spot = "backpack-spot"
    }

    // MARK: - Contracts

    private static let thousands: Set = ["BONK", "PEPE", "SHIB"]
    private static let shares = ["NVDA", "SPY"]
    private static let perpetuals = 67

    func contracts(of assets: [Asset], at now: Int) -> [SimulatedContract] {
        var contracts: [SimulatedContract] = []
        func add(_ asset: Asset, _ code: String, as spelling: String, ending: String = "_USDC_PERP") {
            var asset = asset
            asset.spellings[code] = spelling
            // A spot market is in the lists, but no perpetual trades there.
            let kind = code == Listing.spot ? SimulatedContract.Kind.premarket : .perpetual
            let terms = SimulatedContract.Terms(quote: "USDC", kind: kind, rateCap: 0.01)
            var contract = SimulatedContract(
                spelling + ending, of: asset, code: code, feed: feed, id: contracts.count, terms
            )
            contract.schedule = FundingSchedule(from: contract.schedule.listedAt, everyHours: 1)
            if code == Listing.hidden || code == Listing.closed {
                contract.schedule.change(toHours: nil, at: now - 40 * .millisecondsOfDay)
            }
            contracts.append(contract)
        }
        let shares = Self.shares.compactMap(assets.named)
        for asset in assets.largest(Self.perpetuals - shares.count, without: Self.leftAside) {
            add(asset, Listing.perpetual, as: Self.thousands.contains(asset.name) ? "k" + asset.name : asset.name)
        }
        for asset in shares { add(asset, Listing.share, as: asset.name + ".US") }
        for (name, code) in [("EOS", Listing.hidden), ("MANA", Listing.closed)] {
            if let asset = assets.named(name) { add(asset, code, as: name) }
        }
        for asset in assets.largest(3) { add(asset, Listing.spot, as: asset.name, ending: "_USDC") }
        return contracts
    }

    /// What is hidden or closed.
    private static let leftAside: Set = ["EOS", "MANA"]

    // MARK: - Requests

    func answer(to request: SimulatedRequest, in scene: Scene) -> SimulatedAnswer {
        guard request.method == "GET" else { return Self.error(404, "RESOURCE_NOT_FOUND", "Not found") }
        switch request.path {
        case "/api/v1/markets": return BackpackLists(scene).markets(types: request.query["marketType[]"])
        case "/api/v1/markPrices": return BackpackLists(scene).markPrices(of: request.query["symbol"])
        case "/api/v1/openInterest": return BackpackLists(scene).openInterest(of: request.query["symbol"])
        case "/api/v1/fundingRates": return BackpackHistory(request, scene).answer()
        case "/api/v1/time": return .plain("\(scene.now)")
        case "/api/v1/ping": return .plain("pong")
        default: return Self.error(404, "RESOURCE_NOT_FOUND", "Not found")
        }
    }

    static func error(_ status: Int, _ code: String, _ message: String) -> SimulatedAnswer {
        .written(status: status) { json in
            json.beginObject()
            json.field("code", code)
            json.field("message", message)
            json.endObject()
        }
    }

    // MARK: - Limits

    /// The support pages' 2000 a minute, and 30 for routes of the history kind, of which this may be one.
    let limits = [
        RequestLimit(name: "requests", capacity: 2000, refill: .window(seconds: 60)),
        RequestLimit(name: "history", capacity: 30, refill: .window(seconds: 60)),
    ]

    func cost(of request: SimulatedRequest) -> [String: Double] {
        request.path == "/api/v1/fundingRates" ? ["requests": 1, "history": 1] : ["requests": 1]
    }

    func refusal(_ refusal: LimitRefusal, at now: Int) -> SimulatedAnswer {
        Self.error(429, "TOO_MANY_REQUESTS", "Too many requests")
    }

    func errorObject(at now: Int) -> SimulatedAnswer { Self.error(200, "TOO_MANY_REQUESTS", "Too many requests") }
}

extension SimulatedAnswer {
    fileprivate static func plain(_ text: String) -> SimulatedAnswer {
        SimulatedAnswer(contentType: "text/plain", body: Array(text.utf8))
    }
}
