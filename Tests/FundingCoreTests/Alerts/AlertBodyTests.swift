import Foundation
import FundingCore
import FundingJSON
import Testing

struct AlertBodyTests {
    private static let at = Date(timeIntervalSince1970: 1_790_000_000)

    /// A contract whose symbol would be markup everywhere.
    private static func decision(
        _ number: Int = 0, symbol: String = "A<b>&*_~`|[x]@everyone", kind: AlertDecision.Kind = .fired
    ) -> AlertDecision {
        var values = AlertValues()
        values.fundingRate = 0.00015
        values.apr = 16.425
        values.zScore = 3.14159
        return AlertDecision(
            kind: kind, rule: "hot-rates", ruleRevision: "1a", ruleKind: .apr,
            subject: .contract(AlertContract(exchange: "bybit", symbol: "\(symbol)\(number)", baseAsset: "COIN")),
            episode: 3, at: at, value: 16.425, threshold: 15, values: values, change: nil)
    }

    private static func body(
        _ decisions: [AlertDecision], _ service: AlertChannel.Service
    ) throws -> JSONView {
        try JSONDocument(AlertBody.encoded(AlertMessage(decisions, to: []), for: service, chatID: "-100")).root
    }

    @Test func aWebhookIsToldEverything() throws {
        let body = try Self.body([Self.decision()], .webhook)
        #expect(
            body["type"]?.string == "alert" && body["event"]?.string == "fired" && body["rule_kind"]?.string == "apr")
        #expect(body["key"]?.string == Self.decision().key && body["ts"]?.string == "2026-09-21T14:13:20.000Z")
        let alert = try #require(body["alerts"]?[0])
        #expect(alert["value"]?.double == 16.425 && alert["threshold"]?.double == 15 && alert["episode"]?.int == 3)
        #expect(alert["facts"]?["funding_rate"]?.double == 0.00015 && alert["facts"]?["spread_apr"] == nil)
        #expect(alert["subject"]?["contract"]?["symbol"]?.string == "A<b>&*_~`|[x]@everyone0")
        #expect(
            body["text"]?.string
                == "hot-rates\nCOIN: bybit A<b>&*_~`|[x]@everyone0: 0.0150 % per interval, 16.43 % a year, z 3.14")
    }

    @Test func aWebhookIsNotToldOfMoreThanItCanBear() throws {
        let body = try Self.body((0..<300).map { Self.decision($0) }, .webhook)
        #expect(body["alerts"]?.count == 200 && body["omitted"]?.int == 100)
        #expect(try Self.body([Self.decision()], .webhook)["omitted"]?.int == 0)
    }

    @Test func telegramGetsHTMLWithItsThreeCharactersEscaped() throws {
        let body = try Self.body([Self.decision()], .telegram)
        #expect(body["chat_id"]?.string == "-100" && body["parse_mode"]?.string == "HTML")
        let text = try #require(body["text"]?.string)
        #expect(text.hasPrefix("<b>hot-rates</b>\nCOIN: bybit A&lt;b&gt;&amp;*_~`|[x]@everyone0: "))
    }

    @Test func discordGetsEscapedMarkdownAndMentionsNobody() throws {
        let body = try Self.body([Self.decision()], .discord)
        let content = try #require(body["content"]?.string)
        #expect(content.hasPrefix("**hot-rates**\n"))
        #expect(content.contains(#"A\<b\>&\*\_\~\`\|\[x\]@everyone0"#))
        #expect(body["allowed_mentions"]?["parse"]?.kind == .array && body["allowed_mentions"]?["parse"]?.count == 0)
    }

    @Test func slackGetsEntitiesAndNoMarkup() throws {
        let body = try Self.body([Self.decision()], .slack)
        let text = try #require(body["text"]?.string)
        #expect(text.contains("A&lt;b&gt;&amp;*_~`|[x]@everyone0") && body["mrkdwn"]?.bool == false)
    }

    @Test(arguments: [
        (AlertChannel.Service.telegram, "text", 4096), (.discord, "content", 2000), (.slack, "text", 4000),
        (.webhook, "text", 4000),
    ])
    func longMessagesAreCutAtALineAndSayHowMuchIsMissing(
        service: AlertChannel.Service, field: String, limit: Int
    ) throws {
        let decisions = (0..<300).map { Self.decision($0, symbol: "🪙<*>") }
        let text = try #require(try Self.body(decisions, service)[field]?.string)
        #expect(text.utf16.count <= limit && text.utf16.count > limit - 300)
        let lines = text.split(separator: "\n")
        #expect(lines.first?.contains("(300)") == true)
        #expect(lines.last == "… and \(300 - (lines.count - 2)) more")
    }

    @Test func aMonstrousNameDoesNotMakeAMonstrousMessage() throws {
        let text = try #require(
            try Self.body([Self.decision(symbol: String(repeating: "<", count: 5000))], .discord)["content"]?.string)
        #expect(text.utf16.count <= 2000)
    }

    @Test func eachSubjectIsToldInItsOwnWords() throws {
        let (a, b) = (
            AlertContract(exchange: "bybit", symbol: "BTCUSDT", baseAsset: "BTC"),
            AlertContract(exchange: "kraken", symbol: "PF_XBTUSD", baseAsset: "BTC")
        )
        var pair = Self.decision()
        pair.subject = .pair(long: a, short: b)
        pair.values = AlertValues()
        pair.values.spreadAPR = 62.314
        pair.values.spreadZScore = -2.5
        var exchange = pair
        exchange.subject = .exchange("drift")
        exchange.values = AlertValues()
        exchange.values.exchangeAge = 312.4
        var change = exchange
        change.subject = .change(a, at: Self.at)
        change.values = AlertValues()
        let terms = ContractTerms(
            interval: .eightHours, rateCap: 0.01, rateFloor: nil, denomination: 1, status: .active)
        var after = terms
        after.interval = .hourly
        after.rateCap = 0.02
        after.denomination = 1000
        change.change = TermsChange(symbol: "BTCUSDT", baseAsset: "BTC", before: terms, after: after)
        var ended = pair
        ended.kind = .ended
        let lines = try [pair, exchange, change, ended].map {
            try #require(try Self.body([$0], .webhook)["text"]?.string).split(separator: "\n").map(String.init)
        }
        #expect(lines[0][1] == "BTC: long bybit BTCUSDT, short kraken PF_XBTUSD: 62.31 % a year, z -2.50")
        #expect(lines[1][1] == "drift: nothing new for 312 s")
        #expect(
            lines[2][1]
                == "BTC: bybit BTCUSDT: interval 8h → 1h, units 1 → 1000, limits none to 1.0000 % → none to 2.0000 %")
        #expect(lines[3][0] == "hot-rates: ended")
    }

    @Test func whatIsStoredOfADecisionIsReadAgain() throws {
        let facts = try AlertDecision.facts(Self.decision().facts)
        #expect(facts.values == Self.decision().values && facts.change == nil)
        let contract = AlertContract(exchange: "binance", symbol: "币安人生USDT/x", baseAsset: "币安人生")
        let subjects: [AlertSubject] = [
            .pair(long: contract, short: contract), .contract(contract), .exchange("drift"),
            .change(contract, at: Self.at),
        ]
        for subject in subjects {
            #expect(try AlertSubject(encoded: subject.encoded()) == subject)
            #expect(subject.key.allSatisfy { $0.isASCII && !$0.isWhitespace }, "keys go into headers")
        }
        #expect(throws: (any Error).self) { try AlertSubject(encoded: Array(#"{"kind":"weather"}"#.utf8)) }
    }
}
