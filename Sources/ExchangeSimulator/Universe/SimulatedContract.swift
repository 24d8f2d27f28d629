/// One contract as one exchange lists it, with all that makes its numbers.
struct SimulatedContract: Sendable {
    enum Kind: Sendable, Equatable {
        case perpetual
        /// Expires at this time, in milliseconds since 1970.
        case dated(expiry: Int)
        /// In the lists, but trading has not begun.
        case premarket
    }

    var symbol: String
    /// The exchange's name of the base asset, multiplier included: `1000PEPE`.
    var base: String
    var quote: String
    var settle: String
    /// Settled in the base asset.
    var isInverse = false
    var kind = Kind.perpetual
    var asset: Asset
    /// Units of the asset in one unit of the base.
    var units: Double
    var schedule: FundingSchedule
    /// The exchange's number for it; its place in the list.
    var id: Int
    /// The most its rate may be per interval, either way.
    var rateCap: Double
    /// How many decimals its price has.
    var priceDigits: Int
    /// What its private randomness hangs on.
    var key: UInt64

    /// What makes a contract of a listing.
    struct Terms {
        var quote = "USDT"
        var settle: String?
        var isInverse = false
        var kind = Kind.perpetual
        var rateCap = 0.02
    }

    init(_ symbol: String, of asset: Asset, code: String, feed: String, id: Int, _ terms: Terms) {
        let spelling = asset.spellings[code] ?? asset.name
        self.symbol = symbol
        self.asset = asset
        self.id = id
        base = spelling
        quote = terms.quote
        settle = terms.settle ?? terms.quote
        isInverse = terms.isInverse
        kind = terms.kind
        rateCap = terms.rateCap
        units = asset.units(in: spelling)
        key = Noise.key(feed, symbol)
        schedule = FundingSchedule(from: Self.listingTime(asset, key), everyHours: 8)
        priceDigits = Self.priceDigits(of: asset, units)
    }

    /// One unit of the base becomes so many of the asset: prices and open interest follow. Real exchanges list a new
    /// contract instead; this is the case that surprises, a symbol that stays and means something else.
    /// - Parameter base: its new name; nil: the number before the asset's name, `10000PEPE`.
    mutating func redenominate(to units: Double, base: String?) {
        self.units = units
        let number = DecimalText.text(units, digits: 6, trimmed: true)
        self.base = base ?? (units == 1 ? asset.name : number + asset.name)
        priceDigits = Self.priceDigits(of: asset, units)
    }

    func isTrading(at time: Int) -> Bool { schedule.isTrading(at: time) }

    /// A perpetual that trades now, which is what an exchange's contract count counts.
    func isLive(at time: Int) -> Bool { kind == .perpetual && isTrading(at: time) }

    /// Between 2019 and spring 2025, the larger the earlier, on a full hour.
    private static func listingTime(_ asset: Asset, _ key: UInt64) -> Int {
        let first = 1_567_900_800_000
        let days = min(asset.rank * 3, 1900) + Int(key % 100)
        return first + days * .millisecondsOfDay + Int((key >> 8) % 24) * .millisecondsOfHour
    }

    /// Five significant digits or so, but of prices that exchanges still quote without a multiplier not more than eight
    /// decimals.
    private static func priceDigits(of asset: Asset, _ units: Double) -> Int {
        let price: Double = if case .dollars(let price) = asset.price { price * units } else { 0.03 }
        var digits = 1
        var threshold = 10_000.0
        let most = price < 1e-5 ? 12 : 8
        while price < threshold, digits < most {
            threshold /= 10
            digits += 1
        }
        return digits
    }
}

extension [SimulatedContract] {
    /// Gives intervals to the live perpetuals in the exchange's mix: the largest pay every eight hours, the rest is
    /// drawn by lot, the same every time.
    mutating func assignIntervals(eightHourly: Int, hourly: Int, twoHourly: Int = 0) {
        let live = indices.filter { self[$0].kind == .perpetual }
        let bySize = live.sorted { (self[$0].asset.rank, $0) < (self[$1].asset.rank, $1) }
        let lots = bySize.dropFirst(eightHourly).sorted { self[$0].key < self[$1].key }
        for (place, index) in lots.enumerated() {
            let hours = place < hourly ? 1 : place < hourly + twoHourly ? 2 : 4
            self[index].schedule = FundingSchedule(from: self[index].schedule.listedAt, everyHours: hours)
        }
    }
}
