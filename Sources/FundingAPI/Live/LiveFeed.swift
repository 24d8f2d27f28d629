import Foundation
import FundingCore
import FundingRuntime
import WebServer

/// The WebSocket's channels: numbers what happens, and sends each client what it has subscribed to.
///
/// A snapshot and the deltas after it are made under one lock, so that none is lost or doubled between them. Handing a
/// message to a client never waits.
final class LiveFeed: Sendable {
    /// How often a client is pinged.
    static let heartbeatSeconds = 15
    /// Messages a client may send: a burst, then so many a second.
    private static let requestBurst = 60.0
    private static let requestsPerSecond = 10.0

    /// Differs in every process.
    let session: String
    private let view: MarketView
    private let state = Lock(LiveState())

    init(view: MarketView, session: String = String(UInt64.random(in: 0...UInt64.max), radix: 36)) {
        self.view = view
        self.session = session
    }

    /// How many clients there are.
    var clientCount: Int { state.withLock(\.clientCount) }

    // MARK: From the read model

    /// Takes over the first grid.
    /// - Returns: its sequence. It begins with the time in milliseconds, above all that an earlier process can have
    ///   counted, so that a client that resumes is never mistaken about which process it talked to.
    func begin(with grid: GridDocument) -> Int {
        let sequence = Int(Date().timeIntervalSince1970 * 1000)
        state.withLock { $0.begin(with: grid, at: sequence) }
        return sequence
    }

    /// Tells of a feed's change and of what it did to the grid.
    /// - Returns: the sequence of the last frame.
    func publish(_ change: FeedChange?, _ delta: GridDelta, _ grid: GridDocument, at now: Date) -> Int {
        state.withLock { state in
            state.publish(change, delta, grid, at: now, .now)
            return state.sequence
        }
    }

    /// Tells that a feed's status changed.
    func publish(_ feed: FeedState, at now: Date) {
        state.withLock { $0.publish(feed, at: now, .now) }
    }

    /// To be called every second: looks after clients that read too slowly.
    func relieve() {
        state.withLock { $0.relieve(at: Date(), .now) }
    }

    // MARK: From a client

    /// Serves one client until it is gone.
    func serve(_ client: WebSocketClient) async {
        state.withLock { $0.join(client, session: session) }
        defer { state.withLock { $0.leave(client.id) } }
        for name in client.query.list("channels") {
            answer(client) { () throws(LiveRequest.Fault) in
                .subscribe(try LiveRequest.channel(named: name), LiveScope())
            }
        }
        var budget = TokenBucket(capacity: Self.requestBurst, refillPerSecond: Self.requestsPerSecond, at: .now)
        for await text in client.incoming {
            guard budget.take(at: .now) == .granted else {
                client.close(code: 4008, reason: "too many messages")
                return
            }
            answer(client) { () throws(LiveRequest.Fault) in try LiveRequest(text) }
        }
    }

    private func answer(_ client: WebSocketClient, _ read: () throws(LiveRequest.Fault) -> LiveRequest) {
        do throws(LiveRequest.Fault) {
            try grant(try read(), to: client.id)
        } catch {
            client.send(LiveAnswer.error(error))
        }
    }

    private func grant(_ request: LiveRequest, to id: String) throws(LiveRequest.Fault) {
        let exchanges = view.current.market.exchanges
        let fault = state.withLock { state -> LiveRequest.Fault? in
            do throws(LiveRequest.Fault) {
                try state.handle(request, from: id, exchanges: exchanges, at: Date(), .now)
                return nil
            } catch {
                return error
            }
        }
        if let fault { throw fault }
    }
}
