/// Lines of columns, for people.
enum TextTable {
    /// Every row is indented, and its columns are as wide as their widest text; the last one ends where it ends.
    static func aligned(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            let padded = row.dropLast().enumerated().map { column, text in
                text + String(repeating: " ", count: widths[column] - text.count)
            }
            return "  " + (padded + row.suffix(1)).joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
