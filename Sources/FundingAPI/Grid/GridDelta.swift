import Foundation
import FundingCore
import FundingJSON

/// How one state of the grid differs from the one before.
struct GridDelta: Sendable {
    /// One asset's cells that look different, and the exchanges that no longer have it.
    struct Row: Sendable, Equatable {
        var asset: String
        var cells: [String: GridDocument.Entry] = [:]
        var removed: [String] = []

        var isEmpty: Bool { cells.isEmpty && removed.isEmpty }
    }

    /// Sorted by asset.
    var changed: [Row] = []
    /// Assets that no exchange has any more.
    var removed: [String] = []
    /// When an exchange's latest poll was observed, by the exchange's name.
    var observed: [String: Date] = [:]

    var isEmpty: Bool { changed.isEmpty && removed.isEmpty && observed.isEmpty }
}
