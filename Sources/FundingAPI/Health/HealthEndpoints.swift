import Foundation
import FundingCore
import FundingJSON
import FundingRuntime
import WebServer

/// What probes ask. Everything is known already: none of them waits for a dependency.
struct HealthEndpoints: Sendable {
    let view: MarketView
    let health: HealthBoard
    let live: LiveFeed

    private static let unavailable = 503

    /// `GET /live`: the process answers.
    func live(_ request: WebRequest) async throws -> WebResponse {
        Self.json { $0.field("status", "live") }
    }

    /// `GET /ready`: the tables have been read and can be read again. Redis or an exchange that is down takes nobody
    /// out of rotation: the data only comes later, and says so itself.
    func ready(_ request: WebRequest) async throws -> WebResponse {
        let isLoaded = view.current.isLoaded
        let database = health.database
        let isReady = isLoaded && database.isConnected
        return Self.json(status: isReady ? 200 : Self.unavailable) { writer in
            writer.field("status", isReady ? "ready" : "not_ready")
            writer.field("database", database.isConnected ? "connected" : "disconnected")
            writer.field("redis", health.isRedisConnected ? "connected" : "disconnected")
            writer.field("loaded", isLoaded)
        }
    }

    /// `GET /api/health`.
    func health(_ request: WebRequest) async throws -> WebResponse {
        let now = Date()
        let picture = view.current
        let database = health.database
        let summaries = ExchangeSummary.all(in: picture.market, at: now)
        let troubled = summaries.filter { $0.isStale || $0.status != .ok }
        let isHealthy = database.isConnected && picture.isLoaded
        let isWhole = troubled.isEmpty && health.isRedisConnected && health.isCollectorRunning
        let lastCycleAt = picture.market.feeds.values.compactMap(\.lastSuccessAt).max()
        return Self.json(status: isHealthy ? 200 : Self.unavailable) { writer in
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
            writer.key("exchanges")
            Self.write(summaries, at: now, to: &writer)
            writer.field("websocket_clients", live.clientCount)
            writer.field("version", ServiceProcess.version)
            writer.field("uptime_seconds", Self.age(health.startedAt, now))
            writer.field("timestamp", Timestamp.text(now))
        }
    }

    private static func write(_ summaries: [ExchangeSummary], at now: Date, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("total", summaries.count)
        writer.field("fresh", summaries.count { !$0.isStale })
        writer.field("stale", summaries.filter(\.isStale).map(\.name))
        writer.field("failing", summaries.filter { $0.status != .ok && $0.status != .waiting }.map(\.name))
        writer.key("by_exchange")
        writer.beginArray()
        for summary in summaries {
            writer.beginObject()
            writer.field("exchange", summary.name)
            writer.field("status", summary.status.rawValue)
            writer.field("stale", summary.isStale)
            writer.field("contracts", summary.contracts)
            writer.field("age_seconds", summary.observedAt.map { age($0, now) })
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    private static func age(_ time: Date, _ now: Date) -> Double {
        (max(0, now.timeIntervalSince(time)) * 10).rounded() / 10
    }

    private static func json(status: Int = 200, _ members: (inout JSONWriter) -> Void) -> WebResponse {
        var writer = JSONWriter(reservingCapacity: 2048)
        writer.beginObject()
        members(&writer)
        writer.endObject()
        var response = WebResponse.json(writer.bytes, status: status)
        response.setHeader("Cache-Control", "no-store")
        if status == unavailable { response.setHeader("Retry-After", "2") }
        return response
    }
}
