import Foundation
import FundingCore
import FundingJSON

/// Which assets several deltas have touched: what somebody who has an older grid must be shown anew.
struct GridChanges: Sendable, Equatable {
    /// Came, changed or went, by the names that people see.
    private(set) var assets: Set<String> = []
    /// When an exchange's latest poll was observed, by the exchange's name.
    private(set) var observed: [String: Date] = [:]

    var isEmpty: Bool { assets.isEmpty && observed.isEmpty }

    mutating func add(_ delta: GridDelta) {
        assets.formUnion(delta.changed.lazy.map(\.asset))
        assets.formUnion(delta.removed)
        observed.merge(delta.observed) { max($0, $1) }
    }
}

extension GridDocument {
    /// The rows of the assets that are different, whole as in the grid itself; those that are no longer in it, and
    /// perhaps never were for this filter, are named.
    func encoded(
        _ changes: GridChanges, since known: Int, sequence: Int, at now: Date, filter: GridFilter = GridFilter()
    ) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: changes.assets.count * 1200 + 400)
        writer.beginObject()
        let all = visibleRows(filter)
        let shown = all.filter { changes.assets.contains($0.asset) }
        writer.grid(shown)
        writer.field("removed", changes.assets.subtracting(shown.map(\.asset)).filter(filter.names(asset:)).sorted())
        writer.observed(changes.observed, filter)
        writer.field("total_assets", all.count)
        writer.field("since", known)
        writer.field("reset", false)
        writer.field("seq", sequence)
        writer.field("timestamp", Timestamp.text(now))
        writer.endObject()
        return writer.bytes
    }
}
