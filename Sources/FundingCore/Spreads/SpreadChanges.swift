/// What became different on the board since it was last asked, each pair once.
public struct SpreadChanges: Sendable {
    /// Sorted by their keys, as the others.
    public var added: [FundingSpread] = []
    public var updated: [FundingSpread] = []
    /// As they were last.
    public var removed: [FundingSpread] = []

    public init() {}

    public var isEmpty: Bool { added.isEmpty && updated.isEmpty && removed.isEmpty }
}
