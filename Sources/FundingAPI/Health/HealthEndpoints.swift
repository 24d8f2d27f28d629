import Foundation
import FundingCore
import FundingJSON
import FundingRuntime
import FundingStore
import WebServer

/// What probes ask. Everything is known already: none of them waits for a dependency.
struct HealthEndpoints: Sendable {
    let view: MarketView
    let arbitrage: ArbitrageView
    let health: HealthBoard
    let live: LiveFeed

    private static let unavailable = 503

    var endpoints: [Endpoint] {
        [
            .get("/live", .service, "The process answers.", answers: ["status": .word(["live"])], live)
                .guarded(by: .open),
            .get("/ready", .service, "The tables have been read and can be read again.", answers: Self.ready, ready)
                .guarded(by: .open).also(503, Self.ready, "Not ready."),
            .get(
                "/api/health", .service, "How the API, its stores, the collector and every exchange fare.",
                answers: Self.health, health
            ).guarded(by: .open).also(503, Self.health, "Postgres is out of reach, or has not been read yet."),
        ]
    }

    private func live(_ arguments: inout Arguments) async throws -> WebResponse {
        .now { $0.field("status", "live") }
    }

    private static let connection = JSONShape.word(["connected", "disconnected"])
    private static let ready: JSONShape = [
        "status": .word(["ready", "not_ready"]), "database": connection, "redis": connection, "loaded": .flag,
    ]

    /// The tables have been read and can be read again. Redis or an exchange that is down takes nobody
    /// out of rotation: the data only comes later, and says so itself.
    private func ready(_ arguments: inout Arguments) async throws -> WebResponse {
        let isLoaded = view.current.isLoaded && arbitrage.current.isLoaded
        let database = health.database
        let isReady = isLoaded && database.isConnected
        return Self.answer(isWell: isReady) { writer in
            writer.field("status", isReady ? "ready" : "not_ready")
            writer.field("database", database.isConnected ? "connected" : "disconnected")
            writer.field("redis", health.isRedisConnected ? "connected" : "disconnected")
            writer.field("loaded", isLoaded)
        }
    }

    private static let health: JSONShape = [
        "status": .word(["healthy", "degraded", "unhealthy"]), "database": connection,
        "database_answered_at": .timestamp.orNull, "redis": connection,
        "collector": ["running": .flag, "last_cycle_at": .timestamp.orNull, "age_seconds": .number.orNull],
        "scanner": [
            "running": .flag, "last_beat_at": .timestamp.orNull, "age_seconds": .number.orNull,
            "computed_at": .timestamp.orNull, "pairs": .count,
        ],
        "exchanges": [
            "total": .count, "fresh": .count, "stale": .list(.text), "failing": .list(.text),
            "disabled": .list(.text),
            "by_exchange": .list([
                "exchange": .text, "status": .words(FeedState.Status.self), "stale": .flag, "enabled": .flag,
                "contracts": .count, "age_seconds": .number.orNull,
                "stream": JSONShape.optional([
                    "open": .count, "total": .count, "data_age_seconds": .number.orNull,
                    "clock_skew_seconds": .number.orNull,
                ]),
            ]),
        ],
        "websocket_clients": .count, "version": .text, "uptime_seconds": .number, "timestamp": .timestamp,
    ]

    private func health(_ arguments: inout Arguments) async throws -> WebResponse {
        let now = Date()
        let picture = view.current
        let database = health.database
        let summaries = ExchangeSummary.all(in: picture.market, at: now)
        let troubled = summaries.filter { $0.isEnabled && ($0.isStale || $0.status != .ok) }
        let isHealthy = database.isConnected && picture.isLoaded
        let pairs = arbitrage.current
        let isWhole =
            troubled.isEmpty && health.isRedisConnected && health.isCollectorRunning
            && pairs.isScannerRunning(at: now)
        let lastCycleAt = picture.market.feeds.values.compactMap(\.lastSuccessAt).max()
        return Self.answer(isWell: isHealthy) { writer in
            writer.field("status", !isHealthy ? "unhealthy" : isWhole ? "healthy" : "degraded")
            writer.field("database", database.isConnected ? "connected" : "disconnected")
            writer.field("database_answered_at", database.answeredAt.map(Timestamp.text))
            writer.field("redis", health.isRedisConnected ? "connected" : "disconnected")
            writer.key("collector")
            writer.beginObject()
            writer.field("running", health.isCollectorRunning)
            writer.field("last_cycle_at", lastCycleAt.map(Timestamp.text))
            writer.field("age_seconds", lastCycleAt.map { Self.age($0, now) })
            writer.endObject()
            writer.key("scanner")
            Self.write(pairs, at: now, to: &writer)
            writer.key("exchanges")
            Self.write(summaries, health.streams, at: now, to: &writer)
            writer.field("websocket_clients", live.clientCount)
            writer.field("version", ServiceProcess.version)
            writer.field("uptime_seconds", Self.age(health.startedAt, now))
            writer.field("timestamp", Timestamp.text(now))
        }
    }

    private static func write(_ pairs: ArbitrageView.Picture, at now: Date, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("running", pairs.isScannerRunning(at: now))
        writer.field("last_beat_at", pairs.scannerBeatAt.map(Timestamp.text))
        writer.field("age_seconds", pairs.scannerBeatAt.map { age($0, now) })
        writer.field("computed_at", pairs.computedAt.map(Timestamp.text))
        writer.field("pairs", pairs.list.all.count)
        writer.endObject()
    }

    private static func write(
        _ summaries: [ExchangeSummary], _ streams: [ExchangeID: StreamStore.Summary], at now: Date,
        to writer: inout JSONWriter
    ) {
        let used = summaries.filter(\.isEnabled)
        writer.beginObject()
        writer.field("total", summaries.count)
        writer.field("fresh", used.count { !$0.isStale })
        writer.field("stale", used.filter(\.isStale).map(\.name))
        writer.field("failing", used.filter { $0.status != .ok && $0.status != .waiting }.map(\.name))
        writer.field("disabled", summaries.filter { !$0.isEnabled }.map(\.name))
        writer.key("by_exchange")
        writer.beginArray()
        for summary in summaries {
            writer.beginObject()
            writer.field("exchange", summary.name)
            writer.field("status", summary.status.rawValue)
            writer.field("stale", summary.isStale)
            writer.field("enabled", summary.isEnabled)
            writer.field("contracts", summary.contracts)
            writer.field("age_seconds", summary.observedAt.map { age($0, now) })
            writer.key("stream")
            write(streams[summary.id], to: &writer)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    /// Null for an exchange that is only polled.
    private static func write(_ stream: StreamStore.Summary?, to writer: inout JSONWriter) {
        guard let stream else { return writer.null() }
        writer.beginObject()
        writer.field("open", stream.open)
        writer.field("total", stream.total)
        writer.field("data_age_seconds", stream.dataAge.map { rounded($0, to: 10) })
        writer.field("clock_skew_seconds", stream.clockSkew.map { rounded($0, to: 1000) })
        writer.endObject()
    }

    private static func age(_ time: Date, _ now: Date) -> Double {
        rounded(max(0, now.timeIntervalSince(time)), to: 10)
    }

    private static func rounded(_ seconds: Double, to parts: Double) -> Double { (seconds * parts).rounded() / parts }

    private static func answer(isWell: Bool, _ members: (inout JSONWriter) -> Void) -> WebResponse {
        var response = WebResponse.now(status: isWell ? 200 : unavailable, members)
        if !isWell { response.setHeader("Retry-After", "2") }
        return response
    }
}
