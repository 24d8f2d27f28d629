import Foundation
import FundingCore
import FundingExchanges
import FundingJSON
import Testing

/// Streams, feed by feed: where to connect, what to say, what each message means.
///
/// `Tests/Fixtures/<feed>/stream.json` is `{"contracts": [{"symbol", "native_id", "mark_price", "interval_hours", …}],
/// "connections": [{"key", "path", "subscriptions": […], "contracts", "rhythms": {channel: seconds}}],
/// "ticket": {"request", "body", "url"}, "messages": [{"body" or "json", "means", "answer", "updates": […], "rejects":
/// […], "channels": […], "outdates_listings"}]}`. `recorded-stream.json` is the same with bodies from the folder of
/// recordings. `means` is the name of a `StreamMessage`, or `malformed` where reading must throw. A `body` may be a file
/// with several messages in a list: `"at": 0` takes the first.
@Suite struct StreamTests {
    static let streaming = FixtureTests.feeds.filter { Exchanges.feeds(named: $0.rawValue).first?.stream != nil }

    @Test(arguments: streaming)
    func everyStreamReadsItsFixtures(feed: FeedID) throws {
        try StreamCase(feed, "stream.json", bodies: Recording.folder.appending(path: "\(feed)")).check()
    }

    @Test(.enabled(if: RecordedBodies.mustOrCanRun, "no recordings at hand"), arguments: streaming)
    func everyStreamReadsWhatWasRecorded(feed: FeedID) throws {
        try StreamCase(feed, "recorded-stream.json", bodies: RecordedBodies.folder).check()
    }

    @Test(arguments: streaming)
    func connectionsHoldEveryContractWithinTheLimits(feed: FeedID) throws {
        let stream = try #require(Exchanges.feeds(named: feed.rawValue).first?.stream)
        #expect(stream.terms.host.hasPrefix("wss://"))
        #expect(stream.connections(for: StreamedContracts([])).isEmpty)
        let interval = try #require(FundingInterval(hours: 8))
        let contracts = try (1...1500).map { number in
            let json = try JSONDocument(#"{"symbol": "C\#(number)USDT", "native_id": "\#(number)"}"#).root
            return FundingSnapshot(
                try Contract(fixture: json, feed), rate: 0, every: interval, observedAt: Recording.now
            )
        }
        let connections = stream.connections(for: StreamedContracts(contracts))
        #expect(Set(connections.map(\.key)).count == connections.count)
        #expect(connections.reduce(0) { $0 + $1.contracts } == contracts.count)
        #expect(connections.count <= 100)
        for connection in connections {
            #expect(connection.path.isEmpty == (stream.ticket != nil))
            for text in connection.subscriptions {
                #expect(try JSONDocument(text).root.kind == .object)
                #expect(text.utf8.count < 21_000)
            }
        }
    }

    @Test(arguments: streaming, ["", "[]", "{}", "null", "5", #""text""#, #"{"data":{}}"#, #"{"data":[{}]}"#])
    func whatIsNoMessageMakesNoUpdate(feed: FeedID, text: String) throws {
        let stream = try #require(Exchanges.feeds(named: feed.rawValue).first?.stream)
        guard let document = try? JSONDocument(text) else { return }
        guard case .news(let news)? = try? stream.read(document.root, StreamedContracts([])) else { return }
        #expect(news.updates.isEmpty)
    }
}

private struct StreamCase {
    let feed: FeedID
    let json: JSONView
    let bodies: URL
    let stream: any ExchangeStream
    let contracts: StreamedContracts

    init(_ feed: FeedID, _ file: String, bodies: URL) throws {
        self.feed = feed
        self.bodies = bodies
        json = try JSONDocument(Array(Data(contentsOf: Recording.folder.appending(path: "\(feed)/\(file)")))).root
        stream = try #require(Exchanges.feeds(named: feed.rawValue).first?.stream)
        contracts = StreamedContracts(
            try (json["contracts"]?.elements).map { try $0.map { try Self.snapshot($0, feed) } } ?? []
        )
    }

    private static func snapshot(_ json: JSONView, _ feed: FeedID) throws -> FundingSnapshot {
        FundingSnapshot(
            try Contract(fixture: json, feed), rate: 0,
            every: try #require(FundingInterval(hours: json["interval_hours"]?.double ?? 8)),
            markPrice: json["mark_price"]?.double, indexPrice: json["index_price"]?.double, observedAt: Recording.now
        )
    }

    func check() throws {
        if let expected = json["connections"] {
            #expect(
                try stream.connections(for: contracts) == expected.elements.map { try StreamConnection(fixture: $0) })
        }
        if let ticket = json["ticket"] {
            let request = try #require(stream.ticket)
            #expect(request.address == ticket["request"]?.string)
            let answer = Answer(to: request, try document(ticket), receivedAt: Recording.now)
            #expect(try stream.address(in: answer).url == ticket["url"]?.string)
        }
        let messages = try #require(json["messages"])
        #expect(messages.count > 0)
        for expected in messages.elements { try check(expected) }
    }

    private func check(_ expected: JSONView) throws {
        let document = try document(expected)
        let root = try expected["at"]?.int.map { try #require(document.root[$0]) } ?? document.root
        let means = try #require(expected["means"]?.string)
        guard means != "malformed" else {
            #expect(throws: Rejection.self, "\(root.excerpt)") { try stream.read(root, contracts) }
            return
        }
        let message = try stream.read(root, contracts)
        switch message {
        case .greeting: #expect(means == "greeting", "\(root.excerpt)")
        case .alive: #expect(means == "alive", "\(root.excerpt)")
        case .subscribed: #expect(means == "subscribed", "\(root.excerpt)")
        case .ignored: #expect(means == "ignored", "\(root.excerpt)")
        case .refused(let reason):
            #expect(means == "refused", "\(root.excerpt)")
            #expect(!reason.isEmpty)
        case .question(let answer):
            #expect(means == "question", "\(root.excerpt)")
            #expect(answer == expected["answer"]?.string)
        case .news(let news):
            #expect(means == "news", "\(root.excerpt)")
            #expect(
                try news.updates == (expected["updates"]?.elements).map { try $0.map { try RateUpdate(fixture: $0) } })
            #expect(
                news.rejects
                    == (expected["rejects"]?.elements).map { rows in
                        rows.map { Reject(symbol: $0["symbol"]?.string ?? "", reason: $0["reason"]?.string ?? "") }
                    } ?? []
            )
            #expect(news.channels == (expected["channels"]?.elements).map { $0.compactMap(\.string) } ?? [])
            #expect(news.outdatesListings == expected["outdates_listings"]?.bool ?? false)
        }
    }

    private func document(_ json: JSONView) throws -> JSONDocument {
        if let inline = json["json"] { return try JSONDocument(inline.rawText) }
        let path = bodies.appending(path: try #require(json["body"]?.string))
        return try JSONDocument(Array(Data(contentsOf: path)))
    }
}

extension StreamConnection {
    fileprivate init(fixture json: JSONView) throws {
        self.init(
            try #require(json["key"]?.string), path: json["path"]?.string ?? "",
            subscriptions: try #require(json["subscriptions"]).elements.map { $0.string ?? $0.rawText },
            contracts: try #require(json["contracts"]?.int),
            rhythms: Dictionary(
                (json["rhythms"]?.members).map { $0.map { ($0.key, .seconds($0.value.double ?? 0)) } } ?? []
            ) { $1 }
        )
    }
}

extension RateUpdate {
    fileprivate init(fixture json: JSONView) throws {
        self.init(
            try #require(json["symbol"]?.string), fundingRate: json["funding_rate"]?.double,
            interval: json["funding_interval_hours"]?.double.flatMap { FundingInterval(hours: $0) },
            nextFundingTime: try json["next_funding_time"].map { _ in try json.time("next_funding_time") },
            markPrice: json["mark_price"]?.double, indexPrice: json["index_price"]?.double,
            openInterest: try OpenInterest(fixture: json),
            exchangeTime: try json["exchange_time"].map { _ in try json.time("exchange_time") }
        )
    }
}

extension OpenInterest {
    fileprivate init?(fixture json: JSONView) throws {
        let usd = json["open_interest_usd"]?.double
        let raw = try json["open_interest_raw"]?.double.map { amount in
            let unit = try #require(json["open_interest_unit"]?.string.flatMap(Unit.init(rawValue:)))
            return Quantity(amount, unit)
        }
        guard usd != nil || raw != nil else { return nil }
        self.init(usd: usd, raw: raw)
    }
}
