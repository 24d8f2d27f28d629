import NIOCore
import NIOHTTP1

/// Who asks: the socket's peer or, through a trusted proxy, the client it names.
struct PeerAddress {
    var address: String
    var isLoopback: Bool

    init(peer: String, fields: HTTPHeaders, trustsForwarding: Bool) {
        let forwarded = fields["X-Forwarded-For"].last?.split(separator: ",").last.map { String($0.trimmingSpaces()) }
        if trustsForwarding, let forwarded, !forwarded.isEmpty {
            address = forwarded
            isLoopback = false
        } else {
            address = peer
            isLoopback = Self.isLoopback(peer) && !Self.proxySigns.contains { fields.contains(name: $0) }
        }
    }

    /// Fields that only a proxy adds: whoever speaks through one on this machine may be anywhere.
    private static let proxySigns = [
        "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via",
    ]

    private static func isLoopback(_ address: String) -> Bool {
        address.hasPrefix("127.") || address == "::1" || address.hasPrefix("::ffff:127.")
    }
}

extension Channel {
    /// The peer's address without its port; a hyphen for a socket that has none.
    var peerAddress: String {
        remoteAddress?.ipAddress ?? "-"
    }
}
