import Foundation
import FundingCore
import FundingJSON
import FundingRuntime
import FundingStore
import PostgresDriver
import WebServer

/// How fast things are: the API's own answers, Postgres, the cache, the collector's polls.
struct PerformanceEndpoints: Sendable {
    /// What is aimed at, in the words and units of the API before this one.
    private enum Thresholds {
        static let response = 100.0
        static let query = 50.0
        static let zScores = 1000.0
        static let hitRate = 0.5
        /// Beyond this share of slow answers the API calls itself degraded.
        static let violationRate = 0.1
    }

    /// One reading a second answers all who ask.
    private static let kept = Duration.seconds(1)
    private static let notPolledYet = WebError.notFound("No exchange has been polled yet")

    let view: MarketView
    let reads: TableReads
    let meter: RequestMeter
    /// `host:port`, never with a password.
    let redisAddress: String
    /// What this process tells of itself, no other may answer with.
    private let own = AnswerCache(nil)

    var endpoints: [Endpoint] {
        [
            .get(
                "/api/health/performance", .service, "How fast the API, Postgres and the cache answer.",
                answers: Self.performanceSchema, performance),
            .get(
                "/api/health/collection-metrics", .service, "How the latest polls of the exchanges went.",
                answers: CollectionReport.schema, collection
            ).also(404, CollectionReport.missingSchema, "No exchange has been polled yet."),
            .get(
                "/api/health/cache", .service, "How the cache of answers fares.", answers: Self.cacheSchema, cache),
        ]
    }

    // MARK: Collection

    private func collection(_ arguments: inout Arguments) async throws -> WebResponse {
        do {
            return try await reads.json(arguments, for: Self.kept) {
                let now = Date()
                guard let report = try await readReport(at: now) else { throw Self.notPolledYet }
                var writer = JSONWriter(reservingCapacity: 4096)
                writer.beginObject()
                report.write(at: now, to: &writer)
                writer.endObject()
                return writer
            }
        } catch let missing as WebError where missing == Self.notPolledYet {
            let body = ErrorBody.body(of: missing, arguments.request) { writer in
                writer.field("status", "not_available")
                writer.field("message", missing.message)
                writer.field("timestamp", Timestamp.text(Date()))
            }
            return .json(body, status: missing.status)
        }
    }

    private func readReport(at now: Date) async throws -> CollectionReport? {
        let cycles = try await CycleReader(reads.pool).latest()
        return CollectionReport(cycles, disabled: view.current.market.disabledFeeds(at: now), at: now)
    }

    // MARK: Cache

    private static let cacheSchema: JSONShape = [
        "status": .word(["healthy", "degraded"]), "type": .text, "connected": .flag, "host": .text,
        "metrics": [
            "hits": .count, "misses": .count, "hit_rate": .number.orNull, "errors": .count, "fallback_count": .count,
        ],
        "redis": [
            "type": .text, "keys": .count.orNull, "used_memory_human": .text.orNull, "version": .text.orNull,
        ],
        "fallback": ["entries": .count], "redis_connected": .flag, "cache_type": .text, "hit_rate": .number.orNull,
        "total_keys": .count.orNull, "memory_usage_mb": .number.orNull, "timestamp": .timestamp,
    ]

    private func cache(_ arguments: inout Arguments) async throws -> WebResponse {
        let counts = await reads.cache.counts
        let entries = await reads.cache.localCount
        let facts = await reads.cache.serverFacts()
        let type = facts == nil ? "SimpleCache (fallback)" : "Redis"
        return .now { writer in
            writer.field("status", facts == nil ? "degraded" : "healthy")
            writer.field("type", type)
            writer.field("connected", facts != nil)
            writer.field("host", facts == nil ? "in-memory" : redisAddress)
            writer.key("metrics")
            writer.beginObject()
            writer.field("hits", counts.hits)
            writer.field("misses", counts.misses)
            writer.field("hit_rate", counts.hitRate)
            writer.field("errors", counts.errors)
            writer.field("fallback_count", counts.fallbacks)
            writer.endObject()
            writer.key("redis")
            writer.beginObject()
            writer.field("type", "Redis")
            writer.field("keys", facts?.answers)
            writer.field("used_memory_human", facts?.usedMemory)
            writer.field("version", facts?.version)
            writer.endObject()
            writer.key("fallback")
            writer.beginObject()
            writer.field("entries", entries)
            writer.endObject()
            writer.field("redis_connected", facts != nil)
            writer.field("cache_type", type)
            writer.field("hit_rate", counts.hitRate)
            writer.field("total_keys", facts?.answers)
            writer.field("memory_usage_mb", facts?.usedMemoryBytes.map { Double($0) / 1_048_576 })
            writer.field("timestamp", Timestamp.text(Date()))
        }
    }

    // MARK: Performance

    private static let timesSchema: JSONShape = [
        "count": .count, "total_ms": .number, "avg_ms": .number, "min_ms": .number, "max_ms": .number,
        "last_ms": .number, "last_recorded": .timestamp, "violations": .count, "p50_ms": .number.orNull,
        "p95_ms": .number.orNull, "p99_ms": .number.orNull,
    ]
    private static let runSchema: JSONShape = [
        "last_ms": .number.orNull, "target_ms": .number, "status": .word(["met", "missed", "unknown"]),
    ]
    private static let performanceSchema: JSONShape = [
        "status": .word(["healthy", "degraded"]),
        "database": [
            "connected": .flag, "query_time_ms": .number, "total_contracts": .count, "avg_abs_zscore": .number.orNull,
            "pool": ["size": .count, "open": .count, "idle": .count, "waiting": .count, "timeouts": .count],
        ],
        "zscore_calculation": [
            "last_run": .timestamp.orNull, "seconds_ago": .number.orNull, "total_contracts": .count.orNull,
            "extreme_contracts": .count.orNull,
            "performance": runSchema,
        ],
        "performance_metrics": [
            "metrics": .map(timesSchema),
            "thresholds": [
                "api_response": .number, "db_query": .number, "zscore_calc": .number, "cache_hit_rate": .number,
            ],
            "summary": [
                "total_operations": .count, "total_violations": .count, "violation_rate": .number,
                "zscore_performance": runSchema, "health_status": .word(["healthy", "degraded"]),
            ],
        ],
        "cache_stats": ["entries": .count.orNull, "oldest_entry": .timestamp.orNull, "hit_rate": .number.orNull],
        "batch_id": .text.orNull, "batch_timestamp": .timestamp.orNull,
        "exchanges": .map(["duration_ms": .number, "record_count": .count, "status": .text, "partial": .flag]),
        "total_duration_ms": .number.orNull, "success_count": .count, "failure_count": .count,
        "timestamp": .timestamp,
    ]

    private func performance(_ arguments: inout Arguments) async throws -> WebResponse {
        try await own.answer(arguments.name, for: Self.kept) { try await readPerformance().bytes }
    }

    private func readPerformance() async throws -> JSONWriter {
        let now = Date()
        let start = ContinuousClock.now
        let report = try await readReport(at: now)
        let queryTime = (ContinuousClock.now - start) / .milliseconds(1)
        let facts = await reads.cache.serverFacts()
        let counts = await reads.cache.counts
        let entries = await reads.cache.localCount
        let routes = meter.routes
        let scores = ScoreSummary(of: view.current.market, at: now)
        let operations = routes.reduce(0) { $0 + $1.times.count }
        let violations = routes.reduce(0) { $0 + $1.times.violations }
        let rate = operations == 0 ? 0 : Double(violations) / Double(operations)
        let status = rate >= Thresholds.violationRate ? "degraded" : "healthy"
        var writer = JSONWriter(reservingCapacity: 8192)
        writer.beginObject()
        writer.field("status", status)
        writeDatabase(queryTime, now, scores, to: &writer)
        Self.write(scores, now, to: &writer)
        writer.key("performance_metrics")
        writer.beginObject()
        Self.write(routes, to: &writer)
        writer.key("summary")
        writer.beginObject()
        writer.field("total_operations", operations)
        writer.field("total_violations", violations)
        writer.field("violation_rate", rate)
        writer.key("zscore_performance")
        Self.write(run: scores.state, to: &writer)
        writer.field("health_status", status)
        writer.endObject()
        writer.endObject()
        writer.key("cache_stats")
        writer.beginObject()
        writer.field("entries", facts?.answers ?? entries)
        // Nobody keeps account of when answers were made.
        writer.field("oldest_entry", String?.none)
        writer.field("hit_rate", counts.hitRate)
        writer.endObject()
        CollectionReport.writeBatch(report, to: &writer)
        writer.field("timestamp", Timestamp.text(now))
        writer.endObject()
        return writer
    }

    private func writeDatabase(
        _ queryTime: Double, _ now: Date, _ scores: ScoreSummary, to writer: inout JSONWriter
    ) {
        let pool = reads.pool.statistics
        writer.key("database")
        writer.beginObject()
        writer.field("connected", true)
        writer.field("query_time_ms", queryTime)
        writer.field("total_contracts", scores.all.rows.count)
        writer.field("avg_abs_zscore", scores.all.meanSize)
        writer.key("pool")
        writer.beginObject()
        writer.field("size", pool.size)
        writer.field("open", pool.open)
        writer.field("idle", pool.idle)
        writer.field("waiting", pool.waiting)
        writer.field("timeouts", pool.acquireTimeouts)
        writer.endObject()
        writer.endObject()
    }

    /// How the scanner's last run of the statistics went; null before the first.
    private static func write(_ scores: ScoreSummary, _ now: Date, to writer: inout JSONWriter) {
        let state = scores.state
        writer.key("zscore_calculation")
        writer.beginObject()
        writer.field("last_run", state.lastRunAt.map(Timestamp.text))
        writer.field("seconds_ago", state.lastRunAt.map { max(0, now.timeIntervalSince($0)) })
        writer.field("total_contracts", state.lastRunAt.map { _ in state.contracts })
        writer.field("extreme_contracts", state.lastRunAt.map { _ in scores.all.extremeCount })
        writer.key("performance")
        write(run: state, to: &writer)
        writer.endObject()
    }

    private static func write(run state: StatisticsState, to writer: inout JSONWriter) {
        let milliseconds = state.duration.map { $0 * 1000 }
        writer.beginObject()
        writer.field("last_ms", milliseconds)
        writer.field("target_ms", Thresholds.zScores)
        writer.field("status", milliseconds.map { $0 <= Thresholds.zScores ? "met" : "missed" } ?? "unknown")
        writer.endObject()
    }

    private static func write(
        _ routes: [(route: RequestMeter.Route, times: RequestMeter.Times)], to writer: inout JSONWriter
    ) {
        writer.key("metrics")
        writer.beginObject()
        for (route, times) in routes {
            writer.key("\(route.method) \(OpenAPIDocument.path(route.pattern))")
            writer.beginObject()
            writer.field("count", times.count)
            writer.field("total_ms", times.total * 1000)
            writer.field("avg_ms", times.total / Double(times.count) * 1000)
            writer.field("min_ms", times.least * 1000)
            writer.field("max_ms", times.most * 1000)
            writer.field("last_ms", times.last * 1000)
            writer.field("last_recorded", Timestamp.text(times.lastAt))
            writer.field("violations", times.violations)
            writer.field("p50_ms", times.quantile(0.5).map { $0 * 1000 })
            writer.field("p95_ms", times.quantile(0.95).map { $0 * 1000 })
            writer.field("p99_ms", times.quantile(0.99).map { $0 * 1000 })
            writer.endObject()
        }
        writer.endObject()
        writer.key("thresholds")
        writer.beginObject()
        writer.field("api_response", Thresholds.response)
        writer.field("db_query", Thresholds.query)
        writer.field("zscore_calc", Thresholds.zScores)
        writer.field("cache_hit_rate", Thresholds.hitRate)
        writer.endObject()
    }
}
