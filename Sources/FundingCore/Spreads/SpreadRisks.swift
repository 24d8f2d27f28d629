/// What speaks against taking a spread, for programs to read; an empty set means that nothing was found, not that
/// nothing is there.
public struct SpreadRisks: OptionSet, Hashable, Sendable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// A leg's open interest is known and below the policy's minimum.
    public static let lowOpenInterest = SpreadRisks(rawValue: 1 << 0)
    /// A leg has not been seen for a good part of the time after which it counts as stale.
    public static let staleSoon = SpreadRisks(rawValue: 1 << 1)
    /// A leg's funding interval changed lately: its history was earned on other terms.
    public static let intervalChanged = SpreadRisks(rawValue: 1 << 2)
    /// A leg's rate is close to the limit its exchange sets: it can hardly grow.
    public static let nearCap = SpreadRisks(rawValue: 1 << 3)
    /// The legs' unit prices differ by more than usual.
    public static let priceGap = SpreadRisks(rawValue: 1 << 4)
    /// One leg has a settled history and the other has none to speak of.
    public static let oneSidedHistory = SpreadRisks(rawValue: 1 << 5)
    /// A leg's rate is exactly zero, and so are so many of its feed that the exchange seems not to tell rates at all.
    public static let zeroSuspect = SpreadRisks(rawValue: 1 << 6)

    private static let names: [(SpreadRisks, String)] = [
        (.lowOpenInterest, "low_oi"), (.staleSoon, "stale_soon"), (.intervalChanged, "interval_changed"),
        (.nearCap, "near_cap"), (.priceGap, "price_gap"), (.oneSidedHistory, "one_sided_history"),
        (.zeroSuspect, "zero_suspect"),
    ]

    /// Names that are not known are left out.
    public init(names: some Sequence<String>) {
        let names = Set(names)
        self.init(Self.names.filter { names.contains($0.1) }.map(\.0))
    }

    /// The names as tables, events and the API spell them.
    public var names: [String] { Self.names.filter { contains($0.0) }.map(\.1) }
}
