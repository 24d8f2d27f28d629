public import Foundation

/// What a rule would have told in the past, by the very engine that runs live.
///
/// It looks at what was paid, hour by hour or payment by payment; the live rule looks at the rates that are predicted, as
/// often as they move. So the count is a measure of the rule, not a copy of what would have been.
public struct AlertBacktest: Sendable {
    /// Nobody kept what the rule looks at.
    public struct Untestable: Error, Sendable, CustomStringConvertible {
        public let description = "how old an exchange's rates were is not kept: exchange_age cannot be tested"
    }

    private let name: String
    private let rule: AlertRule
    private let settings: AlertSettings
    private let window: ClosedRange<Date>
    private let fees: [ExchangeID: TradingFees]
    private let policy: SpreadPolicy
    private var inputs: [Date: [AlertInput]] = [:]
    /// The legs of pairs that may have fired, for what these would have paid.
    private var legs: [AlertContract: BacktestContract] = [:]
    public private(set) var testedSubjects = 0

    /// Days of the longest window: what is compared with the 30 days before it must have been kept.
    public static let mostDays = 30

    /// - Parameters:
    ///   - settings: with the rule; its own switch and expiry do not count.
    ///   - window: at most 30 days up to a full hour.
    public init(
        _ name: String, in settings: AlertSettings, during window: ClosedRange<Date>,
        fees: [ExchangeID: TradingFees], policy: SpreadPolicy
    ) throws(Untestable) {
        var rule = settings.rules[name] ?? AlertRule()
        guard rule.kind != .exchangeAge else { throw Untestable() }
        rule.isEnabled = true
        rule.expiresAt = nil
        self.name = name
        self.rule = rule
        self.settings = settings
        self.window = window
        self.fees = fees
        self.policy = policy
    }

    // MARK: The past

    /// Takes in contracts; all contracts of an asset must come at once.
    public mutating func add(_ contracts: [BacktestContract]) {
        if AlertKind.ofPairs.contains(rule.kind) {
            for (_, group) in Dictionary(grouping: contracts, by: \.contract.baseAsset) { addPairs(group) }
        } else if rule.level != nil {
            for contract in contracts where rule.scope.contains(.contract(contract.subject)) {
                testedSubjects += 1
                add(.contract(contract.subject), contract.readings(during: window, needsZScore: rule.kind == .zScore))
            }
        }
    }

    /// Takes in what changed in contracts' terms.
    public mutating func add(_ events: [ContractsEvent]) {
        guard rule.kind == .termsChange else { return }
        for event in events where window.contains(event.validFrom) {
            for change in event.changes {
                let contract = AlertContract(
                    exchange: event.exchange, symbol: change.symbol, baseAsset: change.baseAsset)
                inputs[event.validFrom, default: []].append(.change(.change(contract, at: event.validFrom), change))
            }
        }
    }

    private mutating func addPairs(_ group: [BacktestContract]) {
        let known = group.filter { $0.contract.marketType != .unknown && $0.unitPrice != nil }
        let rates = known.map { $0.hourlyRates(upTo: window.upperBound) }
        for (i, a) in known.enumerated() {
            for (j, b) in known.enumerated().dropFirst(i + 1) where canPair(a, b) {
                testedSubjects += 1
                addPair(a, b, rates[i], rates[j])
            }
        }
    }

    private func canPair(_ a: BacktestContract, _ b: BacktestContract) -> Bool {
        guard a.contract.exchange != b.contract.exchange, a.contract.marketType == b.contract.marketType,
            rule.scope.contains(.pair(long: a.subject, short: b.subject)), let price = a.unitPrice,
            let other = b.unitPrice
        else { return false }
        return PairIdentity(priceRatio: price / other, tolerance: policy.identityTolerance) == .proven
    }

    private mutating func addPair(_ a: BacktestContract, _ b: BacktestContract, _ ratesA: [Double], _ ratesB: [Double])
    {
        let fee: Double? =
            if let one = fees[a.contract.exchange]?.taker, let other = fees[b.contract.exchange]?.taker {
                2 * (one + other)
            } else { nil }
        let course = PairCourse(ratesA, ratesB, roundTripFee: fee, holdingHours: policy.holdingHours)
        let values = course.values(last: hours.count, needsZScore: rule.kind == .spreadZScore)
        var readings: [(time: Date, values: AlertValues)] = []
        var reversed: [(time: Date, values: AlertValues)] = []
        for (hour, values) in zip(hours, values) {
            readings.append((hour, values ?? AlertValues()))
            reversed.append((hour, values.map(course.reversed) ?? AlertValues()))
        }
        let isOne = add(.pair(long: a.subject, short: b.subject), readings)
        let isOther = add(.pair(long: b.subject, short: a.subject), reversed)
        guard isOne || isOther else { return }
        legs[a.subject] = a
        legs[b.subject] = b
    }

    /// The full hours of the window.
    private var hours: [Date] {
        let last = HourlyRates.lastHour(at: window.upperBound)
        let first = HourlyRates.lastHour(at: window.lowerBound) + 1
        guard first <= last else { return [] }
        return (max(first, last - HourlyRates.hours + 1)...last).map { Date(timeIntervalSince1970: Double($0) * 3600) }
    }

    /// What never reaches the threshold need not be looked at.
    @discardableResult
    private mutating func add(_ subject: AlertSubject, _ readings: [(time: Date, values: AlertValues)]) -> Bool {
        guard let measure = rule.kind.measure, let level = rule.level,
            readings.contains(where: { $0.values[measure].map(level.isReached) ?? false })
        else { return false }
        for reading in readings { inputs[reading.time, default: []].append(.reading(subject, reading.values)) }
        return true
    }

    // MARK: What would have been

    /// Runs the rule over the window.
    public func report() -> BacktestReport {
        var only = AlertSettings()
        only.quietHours = settings.quietHours
        only.rules = [name: rule]
        var engine = AlertEngine(only, at: window.lowerBound)
        var decisions: [AlertDecision] = []
        for time in Set(inputs.keys).union(hours).sorted() {
            decisions += engine.evaluate(inputs[time] ?? [], at: time).decisions
        }
        return BacktestReport(decisions, during: window, replay: replay)
    }

    /// What a pair would have paid while its alert held.
    private func replay(_ subject: AlertSubject, _ held: ClosedRange<Date>) -> PairReplay? {
        guard case .pair(let long, let short) = subject, let longLeg = legs[long], let shortLeg = legs[short],
            let longFee = fees[long.exchange]?.taker, let shortFee = fees[short.exchange]?.taker
        else { return nil }
        return PairReplay(
            long: longLeg.replayed, short: shortLeg.replayed, from: held.lowerBound, to: held.upperBound,
            fees: PairReplay.Fees(long: longFee, short: shortFee), now: window.upperBound,
            publicationDelay: Self.publicationDelay)
    }

    /// Seconds that exchanges take to publish a payment.
    private static let publicationDelay: TimeInterval = 900
}

extension BacktestContract {
    fileprivate var replayed: PairReplay.Leg {
        PairReplay.Leg(points: points, ledger: ledger, listedAt: contract.listedAt, isActive: isActive)
    }
}

extension AlertKind {
    /// What looks at two contracts.
    public static let ofPairs: Set<AlertKind> = [.spreadAPR, .spreadNetAPR, .spreadZScore]
}
