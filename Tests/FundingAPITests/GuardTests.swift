import Foundation
import FundingCore
import FundingJSON
import Logging
import Testing
import WebServer

@testable import FundingAPI

/// Who may do what, on a router with one endpoint that only the operator may call.
struct GuardTests {
    private static let silence = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private static let token = "a-token-of-enough-characters"

    private func router(token: String? = nil, adminLimit: Int = 0, audit: Logger = Self.silence) -> WebRouter {
        let gate = Gate(
            limits: ClientLimits(ClientLimits.Rates(read: 0, heavy: 0, admin: adminLimit)),
            operators: OperatorRule(token: token), crossOrigin: CrossOrigin(origins: ["http://localhost:3000"]),
            view: MarketView(), audit: audit)
        let days = Parameter<Int>.integer("days", in: 1...90, default: 30, "How far back.").inBody
        let endpoint = Endpoint.post("/act", .service, "Acts.", [days], answers: ["days": .count]) { arguments in
            let days = arguments[days]
            try arguments.finish()
            return .json(Array(#"{"days":\#(days)}"#.utf8))
        }
        var router = WebRouter()
        router.errorBody = { ErrorBody.response(to: $0, of: $1) }
        router.on("POST", "/act") { try await gate.serve($0, endpoint) }
        return router
    }

    private func act(
        _ router: WebRouter, body: String = "", headers: [(String, String)] = [], from address: String = "127.0.0.1"
    ) async throws -> WebResponse {
        let type =
            body.isEmpty || headers.contains { $0.0 == "Content-Type" } ? [] : [("Content-Type", "application/json")]
        return await router.respond(
            to: try WebRequest(
                method: "POST", target: "/act", headers: type + headers, body: Array(body.utf8), remoteAddress: address)
        )
    }

    @Test func withoutATokenOnlyTheSameMachineMay() async throws {
        let router = router()
        #expect(try await act(router).status == 200)
        #expect(try await act(router, headers: [("Host", "localhost:8000")]).status == 200)
        #expect(try await act(router, headers: [("Host", "127.0.0.1:8000")]).status == 200)
        let stranger = try await act(router, from: "192.0.2.7")
        #expect(stranger.status == 403)
        #expect(try stranger.json["error"]?["message"]?.string?.contains("ADMIN_TOKEN") == true)
        let behindAProxy = try await act(router, headers: [("X-Forwarded-For", "192.0.2.7")])
        #expect(behindAProxy.status == 403)
    }

    @Test(arguments: ["evil.example", "evil.example:8000", "127.evil.example", "localhost.evil.example", "1.2.3.4"])
    func aNameThatOnlyResolvesToThisMachineIsNotThisMachine(host: String) async throws {
        #expect(try await act(router(), headers: [("Host", host)]).status == 403)
    }

    @Test(arguments: [
        ([("Authorization", "Bearer \(token)")], 200), ([("authorization", "bearer  \(token)")], 200),
        ([("X-API-Key", token)], 200), ([], 401), ([("Authorization", "Bearer")], 401),
        ([("Authorization", "Basic \(token)")], 401), ([("Authorization", "Bearer \(token)x")], 401),
        ([("Authorization", "Bearer \(token.dropLast())")], 401), ([("X-API-Key", "")], 401),
    ])
    func withATokenItMustBeRightFromAnywhere(headers: [(String, String)], status: Int) async throws {
        for address in ["127.0.0.1", "192.0.2.7"] {
            let response = try await act(router(token: Self.token), headers: headers, from: address)
            #expect(response.status == status)
            if status == 401 { #expect(response.header("WWW-Authenticate")?.hasPrefix("Bearer") == true) }
        }
    }

    @Test(arguments: [
        ("http://localhost:3000", 200), ("http://test:8000", 200), ("http://evil.example", 403), ("null", 403),
        ("http://test:8001", 403),
    ])
    func pagesOfForeignOriginsMayNotAct(origin: String, status: Int) async throws {
        let headers = [("Origin", origin), ("Host", "test:8000"), ("X-API-Key", Self.token)]
        #expect(try await act(router(token: Self.token), headers: headers).status == status)
    }

    @Test func aCrossSiteRequestWithoutOriginIsRefused() async throws {
        #expect(try await act(router(), headers: [("Sec-Fetch-Site", "cross-site")]).status == 403)
        #expect(try await act(router(), headers: [("Sec-Fetch-Site", "same-origin")]).status == 200)
    }

    @Test(arguments: [
        ("{}", "application/json", 200), (#"{"days":7}"#, "application/json; charset=utf-8", 200),
        (#"{"days":7}"#, "text/plain", 415), ("days=7", "application/x-www-form-urlencoded", 415),
        (#"{"days":"#, "application/json", 400), ("[]", "application/json", 400), ("7", "application/json", 400),
        (#"{"days":0}"#, "application/json", 422), (#"{"days":"30; x"}"#, "application/json", 422),
        (#"{"days":7.5}"#, "application/json", 422), (#"{"days":null}"#, "application/json", 200),
        (#"{"pad":""# + String(repeating: "x", count: 256 << 10) + #""}"#, "application/json", 413),
    ])
    func onlySmallJSONIsRead(body: String, type: String, status: Int) async throws {
        let response = try await act(router(), body: body, headers: [("Content-Type", type)])
        #expect(response.status == status)
        if status == 200 { #expect(response.header("Cache-Control") == "no-store") }
    }

    @Test func guessingTheTokenIsCounted() async throws {
        let router = router(token: Self.token, adminLimit: 3)
        for _ in 0..<3 {
            #expect(try await act(router, headers: [("X-API-Key", "guess")], from: "192.0.2.7").status == 401)
        }
        #expect(try await act(router, headers: [("X-API-Key", Self.token)], from: "192.0.2.7").status == 429)
    }

    @Test func anAddressOfASixthInternetCountsAsItsNetwork() {
        #expect(ClientLimits.network(of: "192.0.2.7") == "192.0.2.7")
        #expect(ClientLimits.network(of: "::ffff:192.0.2.7") == "192.0.2.7")
        let one = ClientLimits.network(of: "2001:db8:1:2::1")
        #expect(one == ClientLimits.network(of: "2001:db8:1:2:ffff:ffff:ffff:ffff"))
        #expect(one != ClientLimits.network(of: "2001:db8:1:3::1"))
        #expect(ClientLimits.network(of: "what a proxy made up") == "what a proxy made up")
    }

    @Test func whoWasJustRefusedIsStillRefusedWhenManyOthersCome() throws {
        let limits = ClientLimits(ClientLimits.Rates(read: 1, heavy: 0, admin: 0))
        let now = ContinuousClock.now
        func take(_ address: String, after seconds: Int) throws {
            _ = try limits.take(.read, from: address, isLoopback: false, at: now + .seconds(seconds))
        }
        for number in 0..<9_999 { try take("first \(number)", after: 0) }
        try take("greedy", after: 1)
        for number in 0..<2_000 { try take("second \(number)", after: 1) }
        #expect(throws: WebError.self) { try take("greedy", after: 2) }
    }

    @Test func whateverIsRefusedTellsWhatIsLeft() async throws {
        let router = router(token: Self.token, adminLimit: 3)
        let guess = try await act(router, headers: [("X-API-Key", "guess")], from: "192.0.2.7")
        #expect(guess.status == 401 && guess.header("RateLimit")?.hasPrefix("\"admin\";r=2;") == true)
        let bad = try await act(router, body: "[]", headers: [("X-API-Key", Self.token)], from: "192.0.2.7")
        #expect(bad.status == 400 && bad.header("RateLimit")?.hasPrefix("\"admin\";r=1;") == true)
    }

    @Test func callsThatComeTooOftenAreALineInTheLogAndNoFlood() async throws {
        let log = LogLines()
        let router = router(token: Self.token, adminLimit: 1, audit: log.logger)
        for _ in 0..<5 { _ = try await act(router, headers: [("X-API-Key", "guess")], from: "192.0.2.7") }
        #expect(log.levels(of: "operator call").count == 2, "the guess, and the first that came too soon")
    }

    @Test(arguments: ["Via", "X-Real-IP", "X-Forwarded-Proto", "X-Forwarded-Host"])
    func whoComesThroughAProxyOnThisMachineMayBeAnywhere(field: String) async throws {
        #expect(try await act(router(), headers: [(field, "x")]).status == 403)
    }

    @Test func anAnswerToNobodyInParticularVariesWithTheOriginAllTheSame() async throws {
        let answer = try await DirectAPI(SampleSpreads.market([], at: Date())).get("/api/exchanges")
        #expect(answer.headers.contains { $0 == ("Vary", "Origin") })
        let foreign = try await DirectAPI(SampleSpreads.market([], at: Date())).get(
            "/api/exchanges", headers: [("Origin", "https://a.example")])
        #expect(foreign.headers.contains { $0 == ("Vary", "Origin") })
    }

    @Test func comparingTakesEveryByteIntoAccount() {
        let token = Array(Self.token.utf8)
        #expect(OperatorRule.areEqual(token, token))
        for index in token.indices {
            var other = token
            other[index] ^= 1
            #expect(!OperatorRule.areEqual(other, token))
        }
        #expect(!OperatorRule.areEqual([], token))
        #expect(!OperatorRule.areEqual(token + [0], token))
    }
}
