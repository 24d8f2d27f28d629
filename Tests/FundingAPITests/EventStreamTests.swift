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
}
