import Foundation
import Logging
import Testing

@testable import FundingAPI
@testable import WebServer

struct RequestMeterTests {
    @Test func timesOfARouteAreCountedByTheirLengthAndStatus() throws {
        let meter = RequestMeter()
        for milliseconds in 1...100 {
            meter.note("GET", "/a", .milliseconds(milliseconds * 2), status: milliseconds <= 90 ? 200 : 503)
        }
        meter.note("GET", "-", .milliseconds(1), status: 404)
        let routes = meter.routes
        #expect(routes.map(\.route.pattern) == ["-", "/a"])
        let times = try #require(routes.last).times
        #expect(times.count == 100 && times.violations == 50)
        #expect(times.statuses == [2: 90, 5: 10])
        #expect(times.quantile(0.5).map { abs($0 - 0.1) < 1e-9 } == true)
        #expect(times.quantile(0.99).map { abs($0 - 0.198) < 1e-9 } == true)
        #expect(times.histogram.reduce(0, +) == 100)
        // Two milliseconds and less than 2.5: the second bucket holds the shortest alone.
        #expect(times.histogram[0] == 0 && times.histogram[1] == 1)
    }

    @Test func refusedRequestsAreCountedUntilTheyAreTold() {
        let meter = RequestMeter()
        for status in [200, 503, 500, 503] { meter.note("GET", "/a", .milliseconds(1), status: status) }
        let report = StatusReport(
            live: LiveFeed(view: MarketView()), counters: ReadModelCounters(), meter: meter, logger: LogLines().logger)
        #expect(report.takeFacts()["unavailable"] == "2")
        #expect(report.takeFacts()["unavailable"] == "0")
    }

    @Test func answersThatBreakOffAreCountedByRoute() async throws {
        let api = DirectAPI(nil)
        let route = "/api/export/history.csv"
        for isCutShort in [false, true, true] {
            api.routes.meter.note(
                RequestSummary(
                    method: "GET", routePattern: route, status: 200, duration: .seconds(9), isStream: true,
                    isCutShort: isCutShort, bytes: 1, requestID: "r"))
        }
        #expect(api.routes.meter.routes.isEmpty, "a stream lasts as long as its client likes")
        let text = String(decoding: try await api.get("/metrics").bodyBytes ?? [], as: UTF8.self)
        #expect(text.contains(#"http_answers_cut_short_total{method="GET",route="\#(route)"} 2"#))
    }

    @Test func quantilesAreOfTheLatestRequests() throws {
        let meter = RequestMeter()
        for _ in 0..<600 { meter.note("GET", "/a", .seconds(5), status: 200) }
        for _ in 0..<512 { meter.note("GET", "/a", .milliseconds(1), status: 200) }
        let times = try #require(meter.routes.first).times
        #expect(times.count == 1112 && times.quantile(0.99) == 0.001 && times.most == 5)
    }
}

extension RequestMeter {
    fileprivate func note(_ method: String, _ route: String, _ duration: Duration, status: Int) {
        note(
            Route(method: method, pattern: route), took: duration / .seconds(1), status: status,
            at: Date(timeIntervalSince1970: 1_790_000_000))
    }
}
