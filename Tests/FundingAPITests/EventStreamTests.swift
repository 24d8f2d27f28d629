import Foundation
import FundingCore
import FundingJSON
import TestSupport
import Testing

@testable import FundingAPI

/// The live feed over server-sent events.
@Suite(
    .enabled(if: TemporaryDatabase.isAvailable, "FUNDING_TEST_DATABASE_URL is not set"),
    .enabled(if: TestRedis.isAvailable, "FUNDING_TEST_REDIS_URL is not set"),
    .timeLimit(.minutes(2))
)
struct EventStreamTests {
    private static func next(_ client: WireClient) throws -> StreamEvent {
        while true {
            if let event = try StreamEvent(try client.chunk()) { return event }
        }
    }

    private func open(_ api: RunningAPI, _ target: String, lastID: Int? = nil) async throws -> WireClient {
        try await onThread {
            let client = try WireClient(port: api.port)
            try client.ask("GET", target, headers: lastID.map { ["Last-Event-ID: \($0)"] } ?? [])
            let head = try client.answerHead()
            guard head.status == 200, head.headers["content-type"] == "text/event-stream" else {
                throw TestSupportError("no event stream: \(head)")
            }
            return client
        }
    }

    @Test func aSnapshotAndThenTheChangesComeAndAClientGoesOnWhereItWas() async throws {
        try await TemporaryDatabase.with { database in
            try await StandInCollector.with(database) { collector in
                _ = try await collector.poll(["BTCUSDT": 0.0001, "ETHUSDT": 0])
                try await RunningAPI.with(database) { api in
                    try await eventually { try await api.get("/ready").status == 200 }
                    let client = try await open(api, "/api/events?channels=grid")
                    let (hello, snapshot) = try await onThread { (try Self.next(client), try Self.next(client)) }
                    #expect(hello.data["type"]?.string == "hello" && hello.id == nil)
                    #expect(snapshot.data["type"]?.string == "snapshot")
                    #expect(snapshot.data["data"]?["total_assets"]?.int == 2)
                    #expect(snapshot.id == snapshot.data["seq"]?.int)
                    // Nothing is published: the API finds the rows by itself.
                    _ = try await collector.poll(["BTCUSDT": 0.0005, "ETHUSDT": 0])
                    let change = try await onThread { try Self.next(client) }
                    #expect(change.data["type"]?.string == "grid" && change.id == change.data["seq"]?.int)

                    let again = try await open(api, "/api/events?channels=grid", lastID: snapshot.id)
                    let missed = try await onThread { (try Self.next(again), try Self.next(again)).1 }
                    #expect(missed.data.excerpt == change.data.excerpt)
                    #expect(try await api.get("/api/events?channels=weather").status == 422)
                    #expect(try await api.get("/api/events?exchanges=ftx").status == 422)
                }
            }
        }
    }

    @Test func aClientMayHaveSoManyLiveConnectionsAtOnce() async throws {
        try await RunningAPI.withSampleTables(limits: ["API_LIVE_LIMIT": "1"]) { api, _ in
            // Ten times as many from the same machine.
            var clients: [WireClient] = []
            for _ in 0..<5 {
                clients.append(try await api.webSocket())
                clients.append(try await open(api, "/api/events"))
            }
            try await eventually { try await api.get("/api/health").json["websocket_clients"]?.int == 10 }
            let refused = try await api.get("/api/events")
            #expect(refused.status == 429 && refused.headers["retry-after"] == "10")
            #expect(try refused.json["error"]?["code"]?.string == "too_many_connections")
            #expect(try await onThread { try WireClient(port: api.port).upgrade() } == 429)
            clients.removeFirst()
            try await eventually { try await api.get("/api/health").json["websocket_clients"]?.int == 9 }
            clients.append(try await open(api, "/api/events"))
        }
    }

    @Test func whatIsMadeForOneClientIsCountedAsARequest() async throws {
        try await RunningAPI.withSampleTables(limits: ["API_READ_LIMIT": "1"]) { api, _ in
            let client = try await api.webSocket()
            let error = try await onThread {
                for _ in 0..<10 { try client.tell(#"{"op":"subscribe","channel":"grid"}"#) }
                return try client.message("error")
            }
            #expect(error["code"]?.string == "rate_limited")
        }
    }
}

/// A client of server-sent events, without a network.
struct EventStreamPeerTests {
    private let live: LiveFeed
    private let client = LiveDoor.Client("192.0.2.7", isLoopback: false)

    init() {
        let market = Sample.market((Sample.feed(), [Sample.rate("BTCUSDT")]))
        let grid = GridDocument(market, at: Sample.start)
        let view = MarketView()
        view.show(MarketView.Picture(market: market, grid: grid, sequence: 5, changedAt: Sample.start, isLoaded: true))
        live = LiveFeed(view: view, door: LiveDoor(ClientLimits(.none), connections: 1))
        _ = live.begin(with: grid)
    }

    @Test func whoReadsTooSlowlyIsCutOffThoughAWriteStillWaits() async throws {
        let peer = EventStreamPeer()
        let (began, hasBegun) = AsyncStream<Void>.makeStream()
        let serving = Task { [live, client] in
            try await live.serve(peer, client, [.grid], LiveScope(), after: nil) { _ in
                hasBegun.yield()
                try await Task.sleep(for: .seconds(600))
            }
        }
        for await _ in began { break }
        await #expect(throws: EventStreamPeer.TooMany.self) {
            try await live.serve(EventStreamPeer(), client, [.grid], LiveScope(), after: nil) { _ in }
        }
        peer.giveUp(code: 1013, reason: "")
        await #expect(throws: EventStreamPeer.TooSlow.self) { try await serving.value }
        #expect(live.clientCount == 0)
    }
}
