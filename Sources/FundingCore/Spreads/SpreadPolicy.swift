public import Foundation

/// What the scanner takes for an opportunity and what it warns of. Every threshold has its default here.
public struct SpreadPolicy: Hashable, Sendable {
    /// The age in seconds from which a leg makes no opportunity; nil: when its feed has missed two polls.
    public var maximumAge: TimeInterval?
    /// By which fraction unit prices may differ before two contracts of one ticker count as different assets.
    public var identityTolerance = 0.10
    /// From which fraction on a difference of unit prices is flagged.
    public var notablePriceGap = 0.01
    /// US dollars of open interest below which a leg is flagged.
    public var minimumOpenInterestUSD = 100_000.0
    /// The part of its exchange's limit from which on a rate is flagged.
    public var nearCapShare = 0.9
    /// For how many hours a changed interval is flagged.
    public var intervalChangeHours = 48.0
    /// The part of the maximum age from which on a leg is flagged.
    public var staleSoonShare = 0.6
    /// The settled payments of the last 30 days from which on a leg has a history.
    public var historyPoints = 10
    /// The part of a feed's contracts with open interest whose rate is exactly zero, from which on zeros are suspect.
    public var suspectZeroShare = 0.25
    /// As many such zeros at least: a few contracts prove nothing.
    public var suspectZeroCount = 10
    /// The time a position is held when its worth after costs is told, in hours.
    public var holdingHours = 168.0
    /// Percent a year: statistics and hourly history are kept for pairs from here on.
    public var carryFloorAPR = 10.0

    public init() {}

    /// What cannot work, each with the field's name; empty if all can.
    public func problems() -> [String] {
        var problems: [String] = []
        func check(_ name: String, _ value: Double, _ range: ClosedRange<Double>) {
            guard !range.contains(value) else { return }
            problems.append("\(name): expected \(range.lowerBound) to \(range.upperBound), found \(value)")
        }
        if let maximumAge { check("maximumAge", maximumAge, 1...86_400) }
        check("identityTolerance", identityTolerance, 0.001...1)
        check("notablePriceGap", notablePriceGap, 0...1)
        check("minimumOpenInterestUSD", minimumOpenInterestUSD, 0...1e15)
        check("nearCapShare", nearCapShare, 0.01...1)
        check("intervalChangeHours", intervalChangeHours, 0...8760)
        check("staleSoonShare", staleSoonShare, 0.01...1)
        check("historyPoints", Double(historyPoints), 0...1e6)
        check("suspectZeroShare", suspectZeroShare, 0.01...1)
        check("suspectZeroCount", Double(suspectZeroCount), 1...1e6)
        check("holdingHours", holdingHours, 1...87_600)
        check("carryFloorAPR", carryFloorAPR, 0...1e6)
        return problems
    }
}
