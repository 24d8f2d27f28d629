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

    /// The member `pagination` of an answer.
    func write(to writer: inout JSONWriter) { writer.pagination(page: shown, size: size, total: total) }
}
