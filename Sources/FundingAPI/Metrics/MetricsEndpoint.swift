import Foundation
import FundingCore
import FundingRuntime
import FundingStore
import PostgresDriver
import WebServer

/// `GET /metrics`, for Prometheus. No label has a contract in it.
struct MetricsEndpoint: Sendable {
    let view: MarketView
    let arbitrage: ArbitrageView
    let health: HealthBoard
    let live: LiveFeed
    let reads: TableReads
    let meter: RequestMeter

    var endpoints: [Endpoint] {
        [
            .page("/metrics", "text/plain", "Metrics in Prometheus' text format.", by: metrics).guarded(by: .open)
        ]
    }

    private func metrics(_ arguments: inout Arguments) async throws -> WebResponse {
        let now = Date()
        var exposition = Exposition()
        writeProcess(now, to: &exposition)
        writeRequests(to: &exposition)
        writeStores(await reads.cache.counts, to: &exposition)
        writeExchanges(now, to: &exposition)
        exposition.write(arbitrage.current, at: now)
        writeStatistics(now, to: &exposition)
        var response = WebResponse(
            headers: [("Content-Type", Exposition.contentType)], body: .bytes(Array(exposition.text.utf8)))
        response.setHeader("Cache-Control", "no-store")
        return response
    }

    private func writeProcess(_ now: Date, to exposition: inout Exposition) {
        exposition.family("funding_api_info", .gauge, "The program that answers.")
        exposition.sample("funding_api_info", [("version", ServiceProcess.version)], 1)
        exposition.metric(
            "process_start_time_seconds", .gauge, "When the process began, in seconds since 1970.",
            health.startedAt.timeIntervalSince1970)
        exposition.metric(
            "process_resident_memory_bytes", .gauge, "Memory in use.", ProcessMemory.residentBytes.map(Double.init))
        exposition.metric(
            "funding_websocket_clients", .gauge, "Clients of the live feed.", Double(live.clientCount))
        exposition.metric(
            "funding_market_loaded", .gauge, "1 once the tables have been read.", view.current.isLoaded ? 1 : 0)
        exposition.metric(
            "funding_market_sequence", .counter, "The sequence of the latest live frame.",
            Double(view.current.sequence))
    }

    private func writeRequests(to exposition: inout Exposition) {
        let routes = meter.routes
        exposition.family("http_requests_total", .counter, "Requests answered, by route and hundreds of the status.")
        for (route, times) in routes {
            for (hundreds, count) in times.statuses.sorted(by: { $0.key < $1.key }) {
                exposition.sample(
                    "http_requests_total", Self.labels(route) + [("code", "\(hundreds)xx")], Double(count))
            }
        }
        exposition.family(
            "http_answers_cut_short_total", .counter, "Answers that broke off because what makes them failed, by route."
        )
        for (route, count) in meter.cutShort {
            exposition.sample("http_answers_cut_short_total", Self.labels(route), Double(count))
        }
        exposition.family("http_request_duration_seconds", .histogram, "From the whole request to the last byte sent.")
        for (route, times) in routes {
            var sum = 0
            for (bound, count) in zip(RequestMeter.buckets, times.histogram) {
                sum += count
                exposition.sample(
                    "http_request_duration_seconds_bucket", Self.labels(route) + [("le", "\(bound)")], Double(sum))
            }
            exposition.sample(
                "http_request_duration_seconds_bucket", Self.labels(route) + [("le", "+Inf")], Double(times.count))
            exposition.sample("http_request_duration_seconds_sum", Self.labels(route), times.total)
            exposition.sample("http_request_duration_seconds_count", Self.labels(route), Double(times.count))
        }
    }

    private static func labels(_ route: RequestMeter.Route) -> [(String, String)] {
        [("method", route.method), ("route", OpenAPIDocument.path(route.pattern))]
    }

    private func writeStores(_ cache: AnswerCache.Counts, to exposition: inout Exposition) {
        exposition.metric(
            "funding_database_up", .gauge, "1 while Postgres answers.", health.database.isConnected ? 1 : 0)
        exposition.metric("funding_redis_up", .gauge, "1 while Redis answers.", health.isRedisConnected ? 1 : 0)
        exposition.metric("funding_cache_hits_total", .counter, "Answers that were kept.", Double(cache.hits))
        exposition.metric("funding_cache_misses_total", .counter, "Answers that had to be made.", Double(cache.misses))
        exposition.metric("funding_cache_errors_total", .counter, "Failures of the cache.", Double(cache.errors))
        let pool = reads.pool.statistics
        exposition.family("funding_database_connections", .gauge, "Connections for requests.")
        for (state, count) in [("open", pool.open), ("idle", pool.idle), ("waiting", pool.waiting)] {
            exposition.sample("funding_database_connections", [("state", state)], Double(count))
        }
        exposition.metric(
            "funding_database_connection_timeouts_total", .counter, "Requests that waited for a connection in vain.",
            Double(pool.acquireTimeouts))
    }

    /// Of an exchange that is out of use nothing is told, so that no alert waits for it.
    private func writeExchanges(_ now: Date, to exposition: inout Exposition) {
        let summaries = ExchangeSummary.all(in: view.current.market, at: now).filter(\.isEnabled)
        func each(
            _ name: String, _ kind: Exposition.Kind, _ help: String, _ value: (ExchangeSummary) -> Double?
        ) {
            exposition.family(name, kind, help)
            for summary in summaries {
                exposition.sample(name, [("exchange", summary.id.rawValue)], value(summary))
            }
        }
        each("funding_exchange_up", .gauge, "1 while the exchange's polls succeed.") { $0.status == .ok ? 1 : 0 }
        each("funding_exchange_contracts", .gauge, "Contracts that are shown.") { Double($0.contracts) }
        each("funding_exchange_data_age_seconds", .gauge, "How old the oldest feed's latest poll is.") { summary in
            summary.observedAt.map { max(0, now.timeIntervalSince($0)) }
        }
        each("funding_exchange_consecutive_failures", .gauge, "Polls in a row that failed.") {
            Double($0.consecutiveFailures)
        }
        each("funding_exchange_open_interest_usd", .gauge, "Open interest in US dollars.") { $0.openInterestUSD }
    }
}

extension MetricsEndpoint {
    /// What the scanner makes of the rates, and how its last run went.
    private func writeStatistics(_ now: Date, to exposition: inout Exposition) {
        let scores = ScoreSummary(of: view.current.market, at: now)
        let state = scores.state
        exposition.metric(
            "funding_statistics_sequence", .counter, "The sequence of the latest write of statistics known here.",
            Double(state.sequence))
        exposition.metric(
            "funding_statistics_age_seconds", .gauge, "How long ago statistics were last computed.",
            state.lastRunAt.map { max(0, now.timeIntervalSince($0)) })
        exposition.metric(
            "funding_statistics_run_seconds", .gauge, "What the last run of the statistics took.", state.duration)
        exposition.metric(
            "funding_statistics_mean_absolute_z_score", .gauge,
            "The mean distance of rates from their means, in deviations.", scores.all.meanSize)
        exposition.metric(
            "funding_statistics_extreme_contracts", .gauge, "Contracts more than two deviations from their mean.",
            Double(scores.all.extremeCount))
        exposition.family(
            "funding_statistics_contracts", .gauge, "Contracts by how far their statistics can be believed.")
        let counts = scores.confidences
        for confidence in Confidence.allCases {
            exposition.sample(
                "funding_statistics_contracts", [("confidence", confidence.rawValue)],
                Double(counts[confidence] ?? 0))
        }
    }
}

/// How much memory the process holds.
enum ProcessMemory {
    /// Resident bytes, as Linux tells; nil elsewhere.
    static var residentBytes: Int? {
        guard
            let pages = FileManager.default.contents(atPath: "/proc/self/statm").flatMap({ data in
                String(decoding: data, as: UTF8.self).split(separator: " ").dropFirst().first.flatMap { Int($0) }
            })
        else { return nil }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }
}
