import FundingJSON
import WebServer

/// Which part of a list is wanted: `limit` and `offset`, or `page` and `page_size`.
struct Paging: Sendable {
    var limit: Int
    var offset: Int

    /// How a list is cut up.
    struct Parameters: Sendable {
        let limit: Parameter<Int>
        let offset: Parameter<Int?>
        let page: Parameter<Int?>

        init(limits: ClosedRange<Int>, usual: Int) {
            limit = .integer("limit", in: limits, default: usual, "How many rows at most.").orNamed("page_size")
            offset = .integer("offset", in: 0...1_000_000, "How many rows to leave out at the beginning.")
            page = .integer("page", in: 1...1_000_000, "Which page of `limit` rows, from 1; `offset` goes before.")
        }

        var all: [any DeclaredParameter] { [limit, offset, page] }
    }

    static let rates = Parameters(limits: 1...5000, usual: 100)
    static let groups = Parameters(limits: 1...5000, usual: 5000)

    init(_ arguments: inout Arguments, _ parameters: Parameters) {
        limit = arguments[parameters.limit]
        let page = arguments[parameters.page]
        offset = arguments[parameters.offset] ?? ((page ?? 1) - 1) * limit
    }

    /// The member `pagination` of an answer that is an object.
    func write(of total: Int, to writer: inout JSONWriter) {
        writer.pagination(page: offset / limit + 1, size: limit, total: total)
    }
}

extension JSONShape {
    /// Of the member `pagination`.
    static let pagination: JSONShape = ["total": .count, "page": .count, "page_size": .count, "total_pages": .count]
}

extension JSONWriter {
    /// The member `pagination`: which page is answered, and of how many rows.
    mutating func pagination(page: Int, size: Int, total: Int) {
        key("pagination")
        beginObject()
        field("total", total)
        field("page", page)
        field("page_size", size)
        field("total_pages", (total + size - 1) / size)
        endObject()
    }
}

extension WebResponse {
    /// Says which part of a list this is: `X-Total-Count` and, if there is more, `Link`.
    mutating func describe(_ paging: Paging, of total: Int, for request: WebRequest) {
        setHeader("X-Total-Count", "\(total)")
        let links = PageLinks.field(
            path: request.rawPath, query: request.query, offset: paging.offset, limit: paging.limit, total: total)
        if let links { setHeader("Link", links) }
    }
}

extension Array {
    /// The part of the list that is wanted.
    subscript(paging: Paging) -> ArraySlice<Element> { dropFirst(paging.offset).prefix(paging.limit) }
}
