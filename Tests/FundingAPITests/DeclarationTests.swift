import Foundation
import FundingCore
import FundingJSON
import Testing
import WebServer

@testable import FundingAPI

/// Every endpoint does what its declaration says, and the document says what the declarations do.
struct DeclarationTests {
    private static let now = Date()
    private static let api = DirectAPI(
        Sample.market(
            (Sample.feed(observedAt: now), [Sample.rate("BTCUSDT", observedAt: now)]),
            (
                Sample.feed("binance-usdm", exchange: "binance", name: "Binance", observedAt: now),
                [Sample.rate("BTCUSDT", feed: "binance-usdm", exchange: "binance", observedAt: now)]
            )), at: now)

    /// Wrong for every kind of value: longer than any text, and neither a number nor a word nor a time.
    private static let nonsense = String(repeating: "x", count: 300)

    struct Case: Sendable, CustomTestStringConvertible {
        var endpoint: Endpoint
        var parameter: ParameterDeclaration
        var name: String

        var testDescription: String { "\(endpoint.method.rawValue) \(endpoint.path): \(name)" }
    }

    private static let cases = api.routes.endpoints.flatMap { endpoint in
        endpoint.parameters.map(\.declaration).flatMap { parameter in
            ([parameter.name] + parameter.aliases).map { Case(endpoint: endpoint, parameter: parameter, name: $0) }
        }
    }

    @Test(arguments: cases)
    func whatIsDeclaredIsRead(_ given: Case) async throws {
        let target = given.endpoint.exampleTarget(
            replacing: given.parameter.place == .path ? [given.name: Self.nonsense] : [:])
        let query = given.parameter.place == .query ? "\(given.name)=\(Self.nonsense)" : ""
        let isList = given.parameter.isList
        let body =
            given.parameter.place == .body
            ? #"{"\#(given.name)":\#(isList ? #"["\#(Self.nonsense)"]"# : #"{"no":"value"}"#)}"# : nil
        let response = try await Self.api.send(given.endpoint.method.rawValue, target.adding(query), body: body)
        #expect(response.status == 422)
        let issues = try response.json["detail"]?.elements.map { $0 } ?? []
        #expect(issues.contains { $0["loc"]?[1]?.string == given.parameter.name })
        #expect(issues.contains { $0["loc"]?[0]?.string == given.parameter.place.rawValue })
        #expect(ErrorBody.schema.faults(of: try response.json) == [])
    }

    @Test(arguments: cases.filter { $0.parameter.place == .query && $0.parameter.takesWords })
    func ofListedWordsNoneIsEmpty(_ given: Case) async throws {
        let target = given.endpoint.exampleTarget().adding("\(given.name)=")
        #expect(try await Self.api.send(given.endpoint.method.rawValue, target).status == 422)
    }

    @Test(arguments: cases.filter { $0.parameter.place == .body && $0.name == $0.parameter.name })
    func whatABodyMayLeaveOutMayBeNull(_ given: Case) async throws {
        let document = try await Self.api.get("/openapi.json").json
        let method = given.endpoint.method.rawValue.lowercased()
        let path = given.endpoint.path.replacing("*}", with: "}")
        let body = document["paths"]?[path]?[method]?["requestBody"]?["content"]?["application/json"]?["schema"]
        let schema = try #require(body?["properties"]?[given.name])
        let mayBeNull = schema["anyOf"]?.elements.contains { $0["type"]?.string == "null" } == true
        #expect(mayBeNull != given.parameter.isRequired)
    }

    @Test(arguments: Self.api.routes.endpoints.filter { $0.method == .get }.map(\.path))
    func whatIsNotDeclaredIsIgnored(path: String) async throws {
        let endpoint = try #require(Self.api.routes.endpoints.first { $0.path == path && $0.method == .get })
        let plain = try await Self.api.get(endpoint.exampleTarget())
        let odd = try await Self.api.get(endpoint.exampleTarget().adding("no_such_parameter=\(Self.nonsense)"))
        #expect(plain.status == odd.status)
        #expect(plain.status != 422)
    }

    @Test func theDocumentTellsOfEveryRouteAndOfNoOther() async throws {
        let document = try await Self.api.get("/openapi.json").json
        #expect(document["openapi"]?.string == "3.1.0")
        var told: Set<String> = []
        for path in document["paths"]?.members.map({ $0 }) ?? [] {
            for method in path.value.members { told.insert("\(method.key.uppercased()) \(path.key)") }
        }
        let aboutItself: Set<String> = ["GET /openapi.json", "GET /asyncapi.json", "GET /docs", "GET /redoc"]
        let served = Set(Self.api.router.routes.map { "\($0.method) \($0.pattern.replacing("*}", with: "}"))" })
        #expect(told.union(aboutItself) == served)
    }

    @Test func theLiveFeedsDocumentTellsItsLimitsAndOneCloseCodeForEachCause() async throws {
        let codes = AsyncAPIDocument.closeCodes.map(\.code)
        #expect(codes == [1000, 1001, 1002, 1003, 1007, 1009, 1013, 4002, 4005, 4008])
        let document = try await Self.api.get("/asyncapi.json").json
        let text = try #require(document["info"]?["description"]?.string)
        for limit in [
            "for 45 s", "60 messages at once", "10 a second", "200 times a second", "1 MiB to read", "more than 30 s",
            "16 KiB",
        ] {
            #expect(text.contains(limit), "\(limit)")
        }
        for code in AsyncAPIDocument.closeCodes {
            #expect(text.contains("\(code.code): \(code.cause) \(code.remedy.rawValue)"))
        }
    }

    @Test(arguments: ["/openapi.json", "/asyncapi.json"])
    func everyReferenceInADocumentLeadsSomewhere(document: String) async throws {
        let response = try await Self.api.get(document)
        let text = String(decoding: try #require(response.bodyBytes), as: UTF8.self)
        let components = try response.json["components"]
        var references = 0
        for piece in text.components(separatedBy: "#/components/").dropFirst() {
            let path = piece.prefix { $0 != "\"" }.split(separator: "/")
            #expect(components?[String(path[0])]?[String(path[1])] != nil, "\(path)")
            references += 1
        }
        #expect(references >= 4)
    }

    @Test(arguments: Self.api.routes.endpoints.map { "\($0.method.rawValue) \($0.path)" })
    func aPathsHolesAreItsParameters(name: String) throws {
        let endpoint = try #require(
            Self.api.routes.endpoints.first { "\($0.method.rawValue) \($0.path)" == name })
        let holes = endpoint.path.split(separator: "/").filter { $0.hasPrefix("{") }
            .map { $0.trimmingCharacters(in: CharacterSet(charactersIn: "{}*")) }
        #expect(holes == endpoint.parameters(in: .path).map(\.name))
    }
}

extension Endpoint {
    /// An address of the endpoint that means something on the sample market.
    func exampleTarget(replacing values: [String: String] = [:]) -> String {
        let examples = [
            "exchange": "bybit", "symbol": "BTCUSDT", "asset": "BTC", "limit": "5", "long_exchange": "bybit",
            "long_symbol": "BTCUSDT", "short_exchange": "binance", "short_symbol": "BTCUSDT",
            "q": "BTC",
        ].merging(values) { $1 }
        let target = path.split(separator: "/").reduce(into: path == "/" ? "/" : "") { target, piece in
            guard piece.hasPrefix("{") else {
                target += "/\(piece)"
                return
            }
            let name = piece.trimmingCharacters(in: CharacterSet(charactersIn: "{}*"))
            target += "/" + (examples[name] ?? "1")
        }
        let needed = parameters(in: .query).filter(\.isRequired).map { "\($0.name)=\(examples[$0.name] ?? "1")" }
        return target.adding(needed.joined(separator: "&"))
    }
}

extension String {
    /// The address with more in its query; what stands first counts.
    fileprivate func adding(_ query: String) -> String {
        guard !query.isEmpty else { return self }
        guard let mark = firstIndex(of: "?") else { return self + "?" + query }
        return self[..<mark] + "?" + query + "&" + self[index(after: mark)...]
    }
}

extension ParameterDeclaration {
    /// Whether only listed words, one or several, make sense.
    fileprivate var takesWords: Bool {
        switch schema {
        case .word, .list(.word): true
        default: false
        }
    }
}
