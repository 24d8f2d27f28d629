import Foundation
import FundingCore
import FundingExchanges
import FundingJSON
import Testing

/// A `StreamClient` over sockets that the test plays.
final class StreamStage: Sendable {
    let client: StreamClient
    private let state: TestLock<State>

    private struct State {
        var sockets: [ScriptedSocket] = []
        var urls: [String] = []
        var news: [StreamNews] = []
    }

    init(awaitsGreeting: Bool = false, hasTicket: Bool = false, base: String? = nil, refusal: StreamEnd? = nil) {
        let state = TestLock(State())
        self.state = state
        client = StreamClient(
            ScriptedStream(awaitsGreeting: awaitsGreeting, hasTicket: hasTicket), base: base,
            open: { url throws(StreamEnd) in
                let socket = ScriptedSocket()
                state.withLock {
                    $0.urls.append(url)
                    if refusal == nil { $0.sockets.append(socket) }
                }
                if let refusal { throw refusal }
                return socket
            },
            ask: { request in
                do {
                    let document = try JSONDocument(#"{"url":"wss://real.example.com/token?x=1"}"#)
                    return .success(Answer(to: request, document, receivedAt: Recording.now))
                } catch {
                    return .failure(ExchangeError(feed: "bybit", request: "ticket", kind: .unreadable, detail: ""))
                }
            },
            hear: { news in state.withLock { $0.news.append(news) } }
        )
    }

    static func snapshots(_ count: Int, every interval: FundingInterval = .eightHours) -> [FundingSnapshot] {
        (1...count).map { number in
            FundingSnapshot(
                Contract(
                    exchange: "bybit", feed: "bybit", symbol: "S\(number)", baseAsset: "BTC", quoteAsset: "USDT",
                    settleAsset: "USDT"
                ),
                rate: 0, every: interval, observedAt: Recording.now
            )
        }
    }

    /// All rates heard, in their order.
    var rates: [Double?] { state.withLock { $0.news.flatMap(\.updates).map(\.fundingRate) } }

    var opened: Int { state.withLock { $0.urls.count } }
    var urls: [String] { state.withLock { $0.urls } }

    /// The `nth` socket from 1 on, as soon as it is open.
    func socket(_ nth: Int) async throws -> ScriptedSocket {
        try await until("socket \(nth)") { self.state.withLock { $0.sockets.count } >= nth }
        return state.withLock { $0.sockets[nth - 1] }
    }

    func waitForOpenings(_ count: Int) async throws { try await until("\(count) openings") { self.opened >= count } }

    func waitForNews(_ count: Int) async throws {
        try await until("\(count) news") { self.state.withLock { $0.news.count } >= count }
    }
}

/// Waits until something holds, for ten seconds at most.
private func until(_ what: String, _ holds: () -> Bool) async throws {
    let deadline = ContinuousClock().now + .seconds(10)
    while !holds() {
        try #require(ContinuousClock().now < deadline, "waited in vain for \(what)")
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// One connection for all contracts, of which every ten need another subscription; messages are JSON objects whose first
/// member says what they are. Of a contract that pays every hour it tells half the rate.
private struct ScriptedStream: ExchangeStream {
    var terms: StreamTerms
    var ticket: ExchangeRequest?

    init(awaitsGreeting: Bool, hasTicket: Bool) {
        terms = StreamTerms(
            host: "wss://example.com", awaitsGreeting: awaitsGreeting, silence: .seconds(60), messagesPerSecond: 1000,
            connectionsPerMinute: 10_000
        )
        ticket = hasTicket ? .post("/ticket", "", as: "ticket") : nil
    }

    func address(in ticket: Answer) throws -> StreamAddress {
        StreamAddress(try #require(ticket.root["url"]?.string))
    }

    func connections(for contracts: StreamedContracts) -> [StreamConnection] {
        let subscriptions = ["subscribe a", "subscribe b"] + (contracts.all.count < 10 ? [] : ["subscribe c"])
        return [StreamConnection("all", path: "/ws", subscriptions: subscriptions, contracts: contracts.all.count)]
    }

    func read(_ message: JSONView, _ contracts: StreamedContracts) throws -> StreamMessage {
        if let answer = message["question"]?.string { return .question(answer: answer) }
        if message["hello"] != nil { return .greeting }
        guard let symbol = message["symbol"]?.string, let known = contracts[symbol] else { throw Rejection("what?") }
        let factor = known.interval == .hourly ? 2.0 : 1
        return .news(StreamNews([RateUpdate(symbol, fundingRate: message["rate"]?.double.map { $0 * factor })]))
    }
}

/// A socket whose other end is the test.
final class ScriptedSocket: StreamSocket {
    private struct State {
        var waiting: [StreamSocketEvent] = []
        var sent: [String] = []
        var end: StreamEnd?
        var isClosed = false
    }

    private let state = TestLock(State())

    var sent: [String] { state.withLock { $0.sent } }
    var isClosed: Bool { state.withLock { $0.isClosed } }

    func say(_ text: String) { state.withLock { $0.waiting.append(.message(Array(text.utf8))) } }

    func end(_ end: StreamEnd) { state.withLock { $0.end = end } }

    func waitForSent(_ texts: [String]) async throws { try await until("\(texts)") { self.sent == texts } }

    func waitForClose() async throws { try await until("its end") { self.isClosed } }

    func next() async throws(StreamEnd) -> StreamSocketEvent {
        while true {
            let (event, end) = state.withLock { state in
                (state.waiting.isEmpty ? nil : state.waiting.removeFirst(), state.end)
            }
            if let event { return event }
            if let end { throw end }
            do { try await Task.sleep(for: .milliseconds(2)) } catch { throw StreamEnd(.cancelled, "") }
        }
    }

    func send(_ text: String) async throws(StreamEnd) { state.withLock { $0.sent.append(text) } }

    func ping() async throws(StreamEnd) { state.withLock { $0.sent.append("ping frame") } }

    func close() async { state.withLock { $0.isClosed = true } }
}
