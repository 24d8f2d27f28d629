import Foundation

/// Whether two contracts of the same ticker price the same thing. Tickers are not unique across exchanges; prices decide.
public enum PairIdentity: String, Sendable, CaseIterable {
    /// A unit of the base asset costs about the same on both exchanges.
    case proven
    /// A price is unknown, or in something else than dollars.
    case ambiguous
    /// The prices are too far apart for one asset.
    case conflict

    /// - Parameters:
    ///   - ratio: the short leg's unit price over the long leg's; nil if one is unknown.
    ///   - tolerance: by which fraction the dearer may exceed the cheaper.
    init(priceRatio ratio: Double?, tolerance: Double) {
        guard let ratio else {
            self = .ambiguous
            return
        }
        self = max(ratio, 1 / ratio) <= 1 + tolerance ? .proven : .conflict
    }
}
