import Foundation
import FundingCore
import FundingJSON

extension GridDocument {
    /// One asset's row as somebody sees it.
    typealias Row = (asset: String, cells: [String: Entry])

    /// The rows that a filter leaves in, with the cells that it leaves in, in the order of assets.
    func visibleRows(_ filter: GridFilter) -> [Row] {
        rows.sorted { $0.key < $1.key }.compactMap { asset, cells in
            guard filter.includes(asset: asset, cells) else { return nil }
            let cells = cells.filter { filter.includes(exchange: $0.key) }
            return cells.count >= filter.leastExchanges ? (asset, cells) : nil
        }
    }

    /// The body of the grid's endpoint and of the grid channel's snapshot.
    /// - Parameters:
    ///   - filter: what to leave in.
    ///   - known: the sequence that a client has and that is of no use any more.
    func encoded(sequence: Int, at now: Date, filter: GridFilter = GridFilter(), inPlaceOf known: Int? = nil) -> [UInt8]
    {
        var writer = JSONWriter(reservingCapacity: rows.count * 1200 + 200)
        writer.beginObject()
        let shown = visibleRows(filter)
        writer.grid(shown)
        writer.field("total_assets", shown.count)
        if let known {
            writer.field("since", known)
            writer.field("reset", true)
        }
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
        let exchanges = JSONWriter.order(changed.lazy.flatMap(\.cells.keys))
        for row in changed where filter.includes(asset: row.asset, [:]) {
            let cells = row.cells.filter { filter.includes(exchange: $0.key) }
            let removed = row.removed.filter(filter.includes(exchange:))
            guard !cells.isEmpty || !removed.isEmpty else { continue }
            writer.beginObject()
            writer.field("asset", row.asset)
            writer.cells(cells, of: exchanges) { $0.cell.write($0.fields, to: &$1) }
            if !removed.isEmpty { writer.field("removed", removed) }
            writer.endObject()
        }
        writer.endArray()
        writer.field("removed", removed.filter { filter.includes(asset: $0, [:]) })
        writer.observed(observed, filter)
    }
}

extension JSONWriter {
    /// The member `data`.
    mutating func grid(_ rows: [GridDocument.Row]) {
        key("data")
        beginArray()
        let exchanges = Self.order(rows.lazy.flatMap(\.cells.keys))
        for row in rows {
            beginObject()
            field("asset", row.asset)
            cells(row.cells, of: exchanges) { $1.raw($0.json) }
            endObject()
        }
        endArray()
    }

    /// The member `observed`: when exchanges were last seen.
    mutating func observed(_ times: [String: Date], _ filter: GridFilter) {
        key("observed")
        beginObject()
        for (exchange, time) in times.sorted(by: { $0.key < $1.key }) where filter.includes(exchange: exchange) {
            key(exchange)
            value(Timestamp.text(time))
        }
        endObject()
    }

    /// The exchanges by name, each once.
    fileprivate static func order(_ exchanges: some Sequence<String>) -> [String] {
        Set(exchanges).sorted { $0.lowercased() < $1.lowercased() }
    }

    fileprivate mutating func cells<Cell>(
        _ cells: [String: Cell], of exchanges: [String], _ write: (Cell, inout JSONWriter) -> Void
    ) {
        key("exchanges")
        beginObject()
        for exchange in exchanges {
            guard let cell = cells[exchange] else { continue }
            key(exchange)
            write(cell, &self)
        }
        endObject()
    }
}
