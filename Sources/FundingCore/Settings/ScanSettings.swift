/// Which spreads are worth showing, and what trading them costs.
public struct ScanSettings: SettingsSection {
    public var policy = SpreadPolicy()
    /// What exchanges charge, where it differs from their published base tier.
    public var fees: [String: ExchangeFees] = [:]

    public init() {}

    /// The fees that hold: what is set here, and what is published where nothing is.
    public func fees(over published: [ExchangeID: TradingFees]) -> [ExchangeID: TradingFees] {
        fees.reduce(into: published) { fees, set in
            let exchange = ExchangeID(rawValue: set.key)
            let known = fees[exchange] ?? TradingFees(taker: nil, maker: nil)
            fees[exchange] = TradingFees(taker: set.value.taker ?? known.taker, maker: set.value.maker ?? known.maker)
        }
    }

    static let application = SettingApplication.live

    static let fields = [
        SettingField(
            "carry_floor_apr", \ScanSettings.policy.carryFloorAPR, .within(0...1e6),
            "percent a year: statistics and hourly history are kept for pairs from here on"),
        SettingField(
            "max_leg_age_seconds", \ScanSettings.policy.maximumAge, .given(.within(1...86_400)),
            "seconds: a leg observed earlier makes no spread; null: when its feed has missed two polls"),
        SettingField(
            "holding_hours", \ScanSettings.policy.holdingHours, .within(1...87_600),
            "hours a position is held, for what is left after fees"),
        SettingField(
            "min_open_interest_usd", \ScanSettings.policy.minimumOpenInterestUSD, .within(0...1e15),
            "US dollars: legs with less open interest are flagged low_oi"),
        SettingField(
            "identity_tolerance", \ScanSettings.policy.identityTolerance, .within(0.001...1),
            "fraction by which unit prices may differ before two contracts of one ticker count as different assets"),
        SettingField(
            "notable_price_gap", \ScanSettings.policy.notablePriceGap, .within(0...1),
            "fraction between the legs' unit prices from which on a pair is flagged price_gap"),
        SettingField(
            "near_cap_share", \ScanSettings.policy.nearCapShare, .within(0.01...1),
            "part of the exchange's limit from which on a rate is flagged near_cap"),
        SettingField(
            "stale_soon_share", \ScanSettings.policy.staleSoonShare, .within(0.01...1),
            "part of the maximum age from which on a leg is flagged stale_soon"),
        SettingField(
            "interval_change_hours", \ScanSettings.policy.intervalChangeHours, .within(0...8760),
            "hours for which a changed interval is flagged interval_changed"),
        SettingField(
            "history_points", \ScanSettings.policy.historyPoints, .within(0...1_000_000),
            "settled payments of 30 days below which a pair is flagged one_sided_history"),
        SettingField(
            "suspect_zero_share", \ScanSettings.policy.suspectZeroShare, .within(0.01...1),
            "part of a feed's contracts with open interest whose rate is exactly zero, from which on zeros are suspect"),
        SettingField(
            "suspect_zero_count", \ScanSettings.policy.suspectZeroCount, .within(1...1_000_000),
            "as many such zeros at least"),
        SettingField("fees", \ScanSettings.fees, "fees by exchange, where they differ from the published base tier"),
    ]
}

/// What an exchange charges for a fill, as fractions of its notional; below zero for a rebate. What is nil is as
/// published.
public struct ExchangeFees: SettingsSection {
    public var taker: Double?
    public var maker: Double?

    public init() {}

    public init(taker: Double?, maker: Double?) {
        self.taker = taker
        self.maker = maker
    }

    static let application = SettingApplication.live

    static let fields = [
        SettingField(
            "taker", \ExchangeFees.taker, .given(.within(-0.01...0.05)), "fraction of notional for taking liquidity"),
        SettingField(
            "maker", \ExchangeFees.maker, .given(.within(-0.01...0.05)), "fraction of notional for giving liquidity"),
    ]
}
