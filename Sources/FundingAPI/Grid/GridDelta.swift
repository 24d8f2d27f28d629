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

    /// Takes in how another exchange's cells differ.
    mutating func add(_ other: GridDelta) {
        let places = Dictionary(uniqueKeysWithValues: changed.enumerated().map { ($1.asset, $0) })
        for row in other.changed {
            guard let place = places[row.asset] else {
                changed.append(row)
                continue
            }
            changed[place].cells.merge(row.cells) { $1 }
            changed[place].removed += row.removed
        }
        removed = Array(Set(removed).union(other.removed))
        observed.merge(other.observed) { $1 }
    }

    /// In the order of names.
    consuming func sorted() -> GridDelta {
        changed.sort { $0.asset < $1.asset }
        removed.sort()
        return self
    }
}
