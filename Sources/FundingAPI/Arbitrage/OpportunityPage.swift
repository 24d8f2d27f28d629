import FundingJSON

/// Which page of a list is wanted. One past the end is the last one.
struct OpportunityPage: Sendable {
    /// As it was asked for.
    var page: Int
    var size: Int
    var total: Int

    static let number = Parameter<Int>.integer(
        "page", in: 1...1_000_000, default: 1, "Which page, from 1; one past the end is the last.")
    static let size = Parameter<Int>.integer("page_size", in: 1...500, default: 20, "Rows a page.").orNamed("limit")

    var pages: Int { (total + size - 1) / size }
    /// The page that is answered.
    var shown: Int { max(1, min(page, pages)) }

    func part<Row>(of rows: [Row]) -> ArraySlice<Row> { rows.dropFirst((shown - 1) * size).prefix(size) }

    static let schema: JSONShape = ["total": .count, "page": .count, "page_size": .count, "total_pages": .count]

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("total", total)
        writer.field("page", shown)
        writer.field("page_size", size)
        writer.field("total_pages", pages)
        writer.endObject()
    }
}
