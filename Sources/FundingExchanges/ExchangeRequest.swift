/// One question to an exchange. Its name serves four times: to find the answer, to name the fixture, in the log line, as
/// the metric's label.
public struct ExchangeRequest: Hashable, Sendable {
    public enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
    }

    /// Whether a poll can do without the answer.
    public enum Need: Sendable {
        /// Without it the poll fails.
        case required
        /// A part of the feed: without it that part's rows grow old, the others are fresh.
        case part
        /// Adds to rows that are complete enough without it.
        case optional
    }

    public struct QueryItem: Hashable, Sendable {
        public var name: String
        public var value: String
    }

    public var name: String
    /// What tells two requests of one name apart: category, symbol, page.
    public var key: String?
    public var method: Method
    public var path: String
    public var query: [QueryItem]
    /// A JSON document, for POST.
    public var body: String?
    /// What it costs of the budget.
    public var weight: Double
    /// The budget that pays, if it is not the host's common one.
    public var ownBudget: String?
    public var need: Need

    public static func get(
        _ path: String, _ query: KeyValuePairs<String, String> = [:], as name: String, key: String? = nil,
        weight: Double = 1, ownBudget: String? = nil, need: Need = .required
    ) -> ExchangeRequest {
        ExchangeRequest(
            name: name, key: key, method: .get, path: path, query: query.map { QueryItem(name: $0, value: $1) },
            body: nil, weight: weight, ownBudget: ownBudget, need: need
        )
    }

    public static func post(
        _ path: String, _ body: String, as name: String, key: String? = nil, weight: Double = 1, need: Need = .required
    ) -> ExchangeRequest {
        ExchangeRequest(
            name: name, key: key, method: .post, path: path, query: [], body: body, weight: weight, ownBudget: nil,
            need: need
        )
    }

    /// Name and key, as log lines and fixtures show them: `tickers.linear`.
    public var label: String { key.map { "\(name).\($0)" } ?? name }

    /// Path and query, percent-encoded as RFC 3986 wants it (`%` of an opaque cursor becomes `%25`).
    public var target: String {
        guard !query.isEmpty else { return path }
        return path + "?"
            + query.map { "\($0.name.percentEncoded)=\($0.value.percentEncoded)" }.joined(separator: "&")
    }
}

extension String {
    /// Every byte outside RFC 3986's unreserved set escaped.
    var percentEncoded: String {
        var text = ""
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                text += digits.count == 1 ? "%0" + digits : "%" + digits
            }
        }
        return text
    }
}
