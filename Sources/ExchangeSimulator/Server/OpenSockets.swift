import FundingRuntime
import WebServer

/// The sockets that are open now, so that a test can cut them.
struct OpenSockets: Sendable {
    private struct Entry: Sendable {
        var feed: String
        var client: WebSocketClient
    }

    private let entries = Lock<[Int: Entry]>([:])

    func add(_ client: WebSocketClient, number: Int, of feed: String) {
        entries.withLock { $0[number] = Entry(feed: feed, client: client) }
    }

    func remove(_ number: Int) {
        entries.withLock { $0[number] = nil }
    }

    /// Cuts the sockets of a feed, or all, without a word.
    /// - Returns: how many.
    func cut(feed: String?) -> Int {
        let clients = entries.withLock { entries in
            entries.values.filter { feed == nil || $0.feed == feed }.map(\.client)
        }
        for client in clients { client.cut() }
        return clients.count
    }
}
