import Foundation
import FundingRuntime
import WebServer

/// How long requests take, by route: for the health endpoints and for Prometheus.
final class RequestMeter: Sendable {
    /// One route's times, in seconds.
    struct Times: Sendable {
        fileprivate(set) var count = 0
        fileprivate(set) var total = 0.0
        fileprivate(set) var least = Double.infinity
        fileprivate(set) var most = 0.0
        fileprivate(set) var last = 0.0
        fileprivate(set) var lastAt = Date.distantPast
        /// Requests that took longer than the budget.
        fileprivate(set) var violations = 0
        /// By the bounds of `buckets`, not cumulative; the last one is for all that is longer.
        fileprivate(set) var histogram = [Int](repeating: 0, count: RequestMeter.buckets.count + 1)
        /// By the hundreds of the status.
        fileprivate(set) var statuses: [Int: Int] = [:]
        fileprivate var latest: [Double] = []
        fileprivate var oldest = 0

        /// How long the share `quantile` of the latest requests took at most; nil if there were none.
        func quantile(_ quantile: Double) -> Double? {
            guard !latest.isEmpty else { return nil }
            let sorted = latest.sorted()
            return sorted[min(sorted.count - 1, Int((quantile * Double(sorted.count)).rounded(.up)) - 1)]
        }
    }

    /// A route as its name in metrics.
    struct Route: Sendable, Hashable, Comparable {
        var method: String
        /// The pattern, never a path.
        var pattern: String

        static func < (one: Route, other: Route) -> Bool { (one.pattern, one.method) < (other.pattern, other.method) }
    }

    /// What every request should take at most, in seconds.
    static let budget = 0.1
    /// Upper bounds in seconds.
    static let buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    private static let unavailable = 503

    private let times = Lock<[Route: Times]>([:])
    private let cut = Lock<[Route: Int]>([:])
    private let refused = Lock(0)

    /// Takes note of a request that is over. Those without a route share one entry; a stream lasts as long as its client
    /// likes, and is left out.
    func note(_ request: RequestSummary, at now: Date = Date()) {
        let route = Route(method: request.method, pattern: request.routePattern ?? "-")
        if request.isCutShort { cut.withLock { $0[route, default: 0] += 1 } }
        guard !request.isStream else { return }
        note(route, took: request.duration / .seconds(1), status: request.status, at: now)
    }

    func note(_ route: Route, took seconds: Double, status: Int, at now: Date) {
        times.withLock { $0[route, default: Times()].add(seconds, status: status, at: now) }
        if status == Self.unavailable { refused.withLock { $0 += 1 } }
    }

    /// Returns how many requests were answered with 503, and begins anew.
    func takeRefused() -> Int {
        refused.withLock { count in
            defer { count = 0 }
            return count
        }
    }

    /// How many answers broke off half-way.
    var cutShort: [(route: Route, count: Int)] {
        cut.withLock { $0 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// All routes that were asked for.
    var routes: [(route: Route, times: Times)] {
        times.withLock { $0 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

extension RequestMeter.Times {
    /// Requests a route over which quantiles are taken.
    private static var kept: Int { 512 }

    fileprivate mutating func add(_ seconds: Double, status: Int, at now: Date) {
        count += 1
        total += seconds
        least = min(least, seconds)
        most = max(most, seconds)
        last = seconds
        lastAt = now
        if seconds > RequestMeter.budget { violations += 1 }
        histogram[RequestMeter.buckets.firstIndex { seconds <= $0 } ?? RequestMeter.buckets.count] += 1
        statuses[status / 100, default: 0] += 1
        if latest.count < Self.kept {
            latest.append(seconds)
        } else {
            latest[oldest] = seconds
            oldest = (oldest + 1) % Self.kept
        }
    }
}
