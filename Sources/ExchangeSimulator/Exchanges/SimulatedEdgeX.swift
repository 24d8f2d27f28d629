import Foundation
import FundingJSON

/// edgeX, version 2. Numbers are texts, errors come with HTTP 200 and a word for a code; rates are told only of contracts
/// that are asked for by number, open interest of one at a time.
struct SimulatedEdgeX: PlayedExchange {
    let feed = "edgex"

    // MARK: - Contracts

    private static let coins = 203
    private static let stocks = ["TSLA", "NVDA", "AAPL"]
    private static let indices = ["SPY", "QQQ"]
    private static let commodities = ["XAU", "XAG"]
    /// In the list, but shown to nobody.
    static let hidden: Set = ["ZROUSDC", "EURUSDC"]
    private static let stopped = ["WAVES", "OMG"]

    func contracts(of assets: [Asset], at now: Int) -> [SimulatedContract] {
        var contracts: [SimulatedContract] = []
        func add(_ asset: Asset?, base: String? = nil, name: String? = nil, isStopped: Bool = false) {
            guard var asset else { return }
            asset.spellings["E"] = base ?? Self.spelling(of: asset)
            let symbol = (name ?? asset.spellings["E"] ?? "") + "USDC"
            let terms = SimulatedContract.Terms(quote: "USDC", rateCap: asset.rank < 20 ? 0.002 : 0.02)
            var contract = SimulatedContract(symbol, of: asset, code: "E", feed: feed, id: contracts.count + 1, terms)
            contract.schedule = FundingSchedule(from: contract.schedule.listedAt, everyHours: 4)
            if isStopped || Self.hidden.contains(symbol) {
                contract.schedule.change(toHours: nil, at: now - 60 * .millisecondsOfDay)
            }
            contracts.append(contract)
        }
        let others = Set(Self.stopped).union(["ZRO", "币安人生", "龙虾"])
        for asset in assets.largest(Self.coins, .coin, without: others) { add(asset) }
        for name in Self.stocks + Self.indices + Self.commodities { add(assets.named(name)) }
        add(assets.named("GBPUSD"), base: "GBP")
        add(Self.hajimi(rank: assets.count), name: "哈基米")
        add(assets.named("ZRO"))
        add(assets.named("EURUSD"), base: "EUR")
        for name in Self.stopped { add(assets.named(name), isStopped: true) }
        return contracts
    }

    /// A coin whose contract's name does not hold the coin's.
    private static func hajimi(rank: Int) -> Asset {
        Asset(
            name: "HAJIMI", kind: .coin, price: .dollars(0.021), rank: rank, spellings: [:],
            priceKey: Noise.key("price", "HAJIMI"), rateKey: Noise.key("rate", "HAJIMI")
        )
    }

    /// What costs next to nothing is traded by the thousand.
    private static func spelling(of asset: Asset) -> String {
        guard case .dollars(let price) = asset.price, price < 1e-4 else { return asset.name }
        return "1000" + asset.name
    }

    static func contractID(of contract: SimulatedContract) -> String { "\(30_000_000 + contract.id)" }

    static func coinID(of contract: SimulatedContract) -> String { "\(1000 + contract.id)" }

    // MARK: - Requests

    func answer(to request: SimulatedRequest, in scene: Scene) -> SimulatedAnswer {
        guard request.method == "GET" else { return SimulatedAnswer(status: 404, json: "") }
        switch request.path {
        case "/api/v2/public/meta/getMetaData": return EdgeXMetaData(scene).answer()
        case "/api/v2/public/funding/getLatestFundingRate": return latestFundingRate(request, scene)
        case "/api/v2/public/funding/getFundingRatePage": return EdgeXFundingPage(request, scene).answer()
        case "/api/v2/public/quote/getTicker": return ticker(request, scene)
        default: return SimulatedAnswer(status: 404, json: "")
        }
    }

    static func success(
        at now: Int, reservingCapacity capacity: Int = 1024, _ writeData: (inout JSONWriter) -> Void
    ) -> SimulatedAnswer {
        envelope("SUCCESS", nil, at: now, reservingCapacity: capacity, writeData)
    }

    static func failure(_ code: String, _ message: String, at now: Int) -> SimulatedAnswer {
        envelope(code, message, at: now, reservingCapacity: 256) { $0.null() }
    }

    private static func envelope(
        _ code: String, _ message: String?, at now: Int, reservingCapacity capacity: Int,
        _ writeData: (inout JSONWriter) -> Void
    ) -> SimulatedAnswer {
        .written(reservingCapacity: capacity) { json in
            json.beginObject()
            json.field("code", code)
            json.key("data")
            writeData(&json)
            json.field("msg", message)
            json.field("errorParam", String?.none)
            json.field("requestTime", "\(now)")
            json.field("responseTime", "\(now + 1)")
            json.field("traceId", "aec76cabe19e83e838e64cc93a488a12")
            json.endObject()
        }
    }

    static func contract(_ id: String, _ scene: Scene) -> SimulatedContract? {
        scene.contracts.first { contractID(of: $0) == id }
    }

    static func unknown(_ id: String?, at now: Int) -> SimulatedAnswer {
        failure("INVALID_CONTRACT_ID", "invalid contractId:\(id ?? "")", at: now)
    }

    /// Without numbers nothing is told, and nothing is said of it.
    private func latestFundingRate(_ request: SimulatedRequest, _ scene: Scene) -> SimulatedAnswer {
        let ids = (request.query["contractId"] ?? "").split(separator: ",").map(String.init)
        let contracts = ids.compactMap { Self.contract($0, scene) }
        return Self.success(at: scene.now, reservingCapacity: 800 * contracts.count + 256) { json in
            json.beginArray()
            for contract in contracts { EdgeXFundingRow(contract, scene).write(sampledAt: scene.now, to: &json) }
            json.endArray()
        }
    }

    private func ticker(_ request: SimulatedRequest, _ scene: Scene) -> SimulatedAnswer {
        let id = request.query["contractId"]
        guard let contract = id.flatMap({ Self.contract($0, scene) }) else { return Self.unknown(id, at: scene.now) }
        return Self.success(at: scene.now) { json in
            json.beginArray()
            EdgeXTicker(contract, scene).write(to: &json)
            json.endArray()
        }
    }

    // MARK: - Limits

    /// None is published; what stands in front has one all the same.
    let limits = [RequestLimit(name: "requests", capacity: 100, refill: .window(seconds: 10))]

    func cost(of request: SimulatedRequest) -> [String: Double] { ["requests": 1] }

    /// Cloudflare says it, in its own way.
    func refusal(_ refusal: LimitRefusal, at now: Int) -> SimulatedAnswer {
        SimulatedAnswer(
            status: 429, contentType: "text/html; charset=UTF-8",
            body: Array("<!DOCTYPE html><title>Too many requests</title>error code: 1015".utf8)
        )
    }

    func errorObject(at now: Int) -> SimulatedAnswer {
        Self.failure("RATE_LIMIT_EXCEEDED", "rate limit exceeded", at: now)
    }
}
