import FundingRuntime
import WebServer

/// Keeps one client from taking the live feed for itself: it may have so many connections at once, and ask no more often
/// for what is made for it alone than for anything else that it reads.
final class LiveDoor: Sendable {
    /// Who counts as one client.
    struct Client: Hashable, Sendable {
        var network: String
        var isLoopback: Bool

        init(_ address: String, isLoopback: Bool) {
            network = ClientLimits.network(of: address)
            self.isLoopback = isLoopback
        }
    }

    /// Lets everybody in.
    static let open = LiveDoor(ClientLimits(.none), connections: 0)

    private let limits: ClientLimits
    private let most: Int
    private let connections = Lock<[Client: Int]>([:])

    /// - Parameter connections: how many a client may have; 0 for no limit. Programs on the same machine may have more, as
    ///   of everything else.
    init(_ limits: ClientLimits, connections: Int) {
        self.limits = limits
        most = connections
    }

    /// Counts a connection in.
    /// - Returns: false if the client has as many as it may.
    func enter(_ client: Client) -> Bool {
        connections.withLock { connections in
            let count = connections[client, default: 0]
            guard hasRoom(client, beside: count) else { return false }
            connections[client] = count + 1
            return true
        }
    }

    func leave(_ client: Client) {
        connections.withLock { connections in
            let left = connections[client, default: 1] - 1
            connections[client] = left > 0 ? left : nil
        }
    }

    /// - Throws: 429 if the client has as many connections as it may.
    func requireRoom(for client: Client) throws(WebError) {
        guard connections.withLock({ hasRoom(client, beside: $0[client, default: 0]) }) else {
            throw WebError(
                status: 429, code: "too_many_connections",
                message: "More than \(limit(of: client)) live connections at once; close one of them",
                headers: [WebError.Header("Retry-After", "10")])
        }
    }

    /// Takes a request out of the client's budget of reads.
    /// - Throws: 429 with the seconds to wait.
    func charge(_ client: Client) throws(WebError) {
        _ = try limits.take(.read, from: client.network, isLoopback: client.isLoopback)
    }

    private func hasRoom(_ client: Client, beside count: Int) -> Bool { most == 0 || count < limit(of: client) }

    private func limit(of client: Client) -> Int { most * (client.isLoopback ? ClientLimits.loopbackFactor : 1) }
}
