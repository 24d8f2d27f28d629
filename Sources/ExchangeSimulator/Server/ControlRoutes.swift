import FundingJSON
import FundingRuntime
import Logging
import WebServer

/// What tests tell the simulator and ask of it, under `/_simulator/`.
///
/// | request | body or answer |
/// |---|---|
/// | `POST faults` | `{"feed", "path", "kind", "count", "seconds", …}`, also for sockets; see `Fault` |
/// | `POST script` | what happens to a contract or a whole exchange, now or later, one or a list; see `Script` |
/// | `POST drop` | cuts all sockets, or with `{"feed"}` those of one feed; answers `{"dropped"}` |
/// | `POST reset` | forgets faults, scripts, limits and the journal; sockets stay |
/// | `GET requests` | counts by feed and path, the last thousand requests, and streams; see `RequestJournal` |
/// | `GET health` | the market's time, and the live contracts of each feed |
struct ControlRoutes: Sendable {
    private let simulator: Lock<Simulator>
    private let sockets: OpenSockets
    private let clock: MarketClock
    private let logger: Logger
    private static let maximumBodyBytes = 1 << 20

    init(_ simulator: Lock<Simulator>, _ sockets: OpenSockets, clock: MarketClock, logger: Logger) {
        self.simulator = simulator
        self.sockets = sockets
        self.clock = clock
        self.logger = logger
    }

    func add(to router: inout WebRouter) {
        router.get("/_simulator/health") { _ in health() }
        router.get("/_simulator/requests") { _ in requests() }
        router.post("/_simulator/faults") { try await addFault($0) }
        router.post("/_simulator/script") { try await runScript($0) }
        router.post("/_simulator/drop") { try await drop($0) }
        router.post("/_simulator/reset") { _ in reset() }
    }

    private func health() -> WebResponse {
        let now = clock.now.market
        let (universe, feeds) = simulator.withLock { ($0.universe, $0.exchanges.keys.sorted()) }
        return .written { json in
            json.field("status", "ok")
            json.field("now", now)
            json.key("live_contracts")
            json.beginObject()
            for feed in feeds {
                json.key(feed)
                json.value(universe.contracts[feed]?.count { $0.isLive(at: now) })
            }
            json.endObject()
        }
    }

    private func requests() -> WebResponse {
        let journal = simulator.withLock { $0.journal }
        var json = JSONWriter(reservingCapacity: 200_000)
        journal.write(to: &json)
        return .json(json.bytes)
    }

    private func addFault(_ request: WebRequest) async throws -> WebResponse {
        let document = try await document(of: request)
        do {
            let id = try simulator.withLock { try $0.add(document.root, at: clock.now.wall) }
            logger.info("fault set", metadata: ["fault": "\(document.root.excerpt)"])
            return .written { $0.field("id", id) }
        } catch let error as Fault.Misread {
            throw WebError.badRequest(error.message)
        }
    }

    private func runScript(_ request: WebRequest) async throws -> WebResponse {
        let document = try await document(of: request)
        do {
            let scripts = try Script.list(document.root, feeds: simulator.withLock { $0.exchanges.keys.sorted() })
            if let failed = simulator.withLock({ $0.perform(scripts, at: clock.now) }) {
                throw WebError.notFound("\(failed.feed) has no contract \(failed.symbol ?? "")")
            }
            logger.info("script performed", metadata: ["script": "\(document.root.excerpt)"])
            return .written { $0.field("status", "ok") }
        } catch let error as Fault.Misread {
            throw WebError.badRequest(error.message)
        }
    }

    private func drop(_ request: WebRequest) async throws -> WebResponse {
        var feed: String?
        if try await !request.body(upTo: Self.maximumBodyBytes).isEmpty {
            feed = try await document(of: request).root["feed"]?.string
        }
        if let feed, simulator.withLock({ $0.exchanges[feed] == nil }) {
            throw WebError.badRequest("there is no feed \(feed)")
        }
        let count = sockets.cut(feed: feed)
        logger.info("sockets cut", metadata: ["feed": "\(feed ?? "all")", "count": "\(count)"])
        return .written { $0.field("dropped", count) }
    }

    private func reset() -> WebResponse {
        simulator.withLock { $0.reset() }
        logger.info("reset")
        return .written { $0.field("status", "ok") }
    }

    private func document(of request: WebRequest) async throws -> JSONDocument {
        let bytes = try await request.body(upTo: Self.maximumBodyBytes)
        do {
            return try JSONDocument(bytes)
        } catch {
            throw WebError.badRequest("The body is not JSON: \(error)")
        }
    }
}

extension WebResponse {
    /// An object whose members a closure writes.
    fileprivate static func written(_ members: (inout JSONWriter) -> Void) -> WebResponse {
        var json = JSONWriter()
        json.beginObject()
        members(&json)
        json.endObject()
        return .json(json.bytes)
    }
}
