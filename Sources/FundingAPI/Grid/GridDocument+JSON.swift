import Foundation
import FundingCore
import FundingJSON

extension GridDocument {
    /// The body of the grid's endpoint and of the grid channel's snapshot.
    /// - Parameter filter: what to leave in.
    func encoded(sequence: Int, at now: Date, filter: GridFilter = GridFilter()) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: rows.count * 1200 + 200)
        var count = 0
        writer.beginObject()
        writer.key("data")
        writer.beginArray()
        for (asset, cells) in rows.sorted(by: { $0.key < $1.key }) where filter.includes(asset: asset, cells) {
            let cells = cells.filter { filter.includes(exchange: $0.key) }
            guard cells.count >= filter.leastExchanges else { continue }
            count += 1
            writer.beginObject()
            writer.field("asset", asset)
            writer.cells(cells)
            writer.endObject()
        }
        writer.endArray()
        writer.field("total_assets", count)
        writer.field("seq", sequence)
        writer.field("timestamp", Timestamp.text(now))
        writer.endObject()
        return writer.bytes
    }
}

extension GridDelta {
    /// Writes the members that tell of the difference into the innermost object.
    func writeMembers(to writer: inout JSONWriter, filter: GridFilter = GridFilter()) {
        writer.key("changed")
        writer.beginArray()
        for row in changed where filter.includes(asset: row.asset, [:]) {
            let cells = row.cells.filter { filter.includes(exchange: $0.key) }
            let removed = row.removed.filter(filter.includes(exchange:))
            guard !cells.isEmpty || !removed.isEmpty else { continue }
            writer.beginObject()
            writer.field("asset", row.asset)
            writer.cells(cells)
            if !removed.isEmpty { writer.field("removed", removed) }
            writer.endObject()
        }
        writer.endArray()
        writer.field("removed", removed.filter { filter.includes(asset: $0, [:]) })
        writer.key("observed")
        writer.beginObject()
        for (exchange, time) in observed.sorted(by: { $0.key < $1.key }) where filter.includes(exchange: exchange) {
            writer.key(exchange)
            writer.value(Timestamp.text(time))
        }
        writer.endObject()
    }
}

extension JSONWriter {
    fileprivate mutating func cells(_ cells: [String: GridDocument.Entry]) {
        key("exchanges")
        beginObject()
        for (exchange, entry) in cells.sorted(by: { $0.key.lowercased() < $1.key.lowercased() }) {
            key(exchange)
            raw(entry.json)
        }
        endObject()
    }
}
