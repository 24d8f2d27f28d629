import FundingRuntime
import Logging
import WebServer

/// Lets clients in that ask for a WebSocket at `/FEED/PATH`, and serves them.
struct StreamFront: Sendable {
    let sockets = OpenSockets()
    private let simulator: Lock<Simulator>
    private let clock: MarketClock
    private let logger: Logger

    init(_ simulator: Lock<Simulator>, clock: MarketClock, logger: Logger) {
        self.simulator = simulator
        self.clock = clock
        self.logger = logger
    }

    /// Who serves a client.
    /// - Throws: `WebError`: 404 where there is no stream, what a fault or a script refuses it with otherwise.
    func handler(for request: WebRequest) throws -> WebServer.WebSocketHandler {
        guard let feed = request.segments.first else { throw WebError.notFound("The first part of a path is a feed") }
        let asked = SimulatedRequest(request, feed: feed)
        switch simulator.withLock({ $0.admitStream(asked, to: feed, at: clock.now) }) {
        case .unknown: throw WebError.notFound("There are no streams of \(feed)")
        case .refused(let status, let retryAfter):
            let headers = retryAfter.map { [WebError.Header("Retry-After", "\($0)")] } ?? []
            throw WebError(status: status, code: "refused", message: "No stream is opened now", headers: headers)
        case .welcome(let exchange, let scene):
            guard let opening = exchange.open(asked, in: scene) else {
                throw WebError.notFound("\(feed) has no stream at \(asked.path), or not for everybody")
            }
            return { client in
                await serve(client, PlayedStream(exchange, opening.session), opening.greeting, path: asked.path)
            }
        }
    }

    private func serve(_ client: WebSocketClient, _ stream: PlayedStream, _ greeting: [[UInt8]], path: String) async {
        let feed = stream.exchange.feed
        let number = simulator.withLock { $0.openStream(feed, path, at: clock.now) }
        sockets.add(client, number: number, of: feed)
        logger.debug("stream opened", metadata: ["feed": "\(feed)", "path": "\(path)", "socket": "\(number)"])
        let place = OpenStream.Place(number: number, feed: feed, path: path)
        await OpenStream(stream, of: client, at: place, simulator, clock).run(greeting: greeting)
        sockets.remove(number)
        simulator.withLock { $0.closeStream(number, of: feed) }
        logger.debug("stream closed", metadata: ["feed": "\(feed)", "path": "\(path)", "socket": "\(number)"])
    }
}
