import Foundation
import FundingCore
import FundingJSON

/// How one state of the grid differs from the one before.
struct GridDelta: Sendable {
    /// A cell as it is now, and what of it is different: all of it where there was none.
    struct Cell: Sendable, Equatable {
        var cell: GridCell
        var fields: GridCell.Fields

        init(cell: GridCell, fields: GridCell.Fields) {
            self.cell = cell
            self.fields = fields
        }

        /// Nil if nothing worth telling is different. When the rate was seen is told with whatever else is: alone it moves at
        /// every poll without a word, so that nobody has it as it was.
        init?(_ cell: GridCell, after old: GridCell?, worthTelling: GridCell.Fields) {
            let fields = old.map(cell.differences(from:)) ?? .all
            guard !fields.isDisjoint(with: worthTelling) else { return nil }
            self.init(cell: cell, fields: fields.union(.lastUpdated))
        }
    }

    /// One asset's cells that look different, and the exchanges that no longer have it.
    struct Row: Sendable, Equatable {
        var asset: String
        var cells: [String: Cell] = [:]
        var removed: [String] = []

        var isEmpty: Bool { cells.isEmpty && removed.isEmpty }

        fileprivate mutating func add(_ later: Row) {
            for exchange in later.removed { cells[exchange] = nil }
            removed.removeAll { later.cells[$0] != nil }
            cells.merge(later.cells) { Cell(cell: $1.cell, fields: $0.fields.union($1.fields)) }
            removed += later.removed.filter { !removed.contains($0) }
        }
    }

    /// Sorted by asset.
    var changed: [Row] = []
    /// Assets that no exchange has any more.
    var removed: [String] = []
    /// When an exchange's latest poll was observed, by the exchange's name.
    var observed: [String: Date] = [:]

    var isEmpty: Bool { changed.isEmpty && removed.isEmpty && observed.isEmpty }
    /// Whether it tells of a poll of all of an exchange's contracts.
    var isPoll: Bool { !observed.isEmpty }

    /// Takes in what became different after this.
    mutating func add(_ later: GridDelta) {
        if isEmpty {
            self = later
            return
        }
        let gone = Set(later.removed)
        if !gone.isEmpty { changed.removeAll { gone.contains($0.asset) } }
        let places = Dictionary(uniqueKeysWithValues: changed.enumerated().map { ($1.asset, $0) })
        for row in later.changed {
            if let place = places[row.asset] { changed[place].add(row) } else { changed.append(row) }
        }
        if !removed.isEmpty || !gone.isEmpty {
            removed = Array(Set(removed).subtracting(later.changed.map(\.asset)).union(gone))
        }
        observed.merge(later.observed) { $1 }
    }

    /// Whether an asset that no exchange had any more has come back since.
    func forgets(anyOf later: GridDelta) -> Bool {
        !removed.isEmpty && later.changed.contains { removed.contains($0.asset) }
    }

    /// In the order of names.
    consuming func sorted() -> GridDelta {
        changed.sort { $0.asset < $1.asset }
        removed.sort()
        return self
    }
}
