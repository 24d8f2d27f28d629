/// What is agreed on about permessage-deflate (RFC 7692): each message is compressed on its own, so that one compressed
/// once can be sent to any number of clients.
enum WebSocketCompression {
    private static let largestWindow = "15"

    /// The answer to a client's offers; nil if none of them can be taken.
    /// - Parameter offers: the elements of `Sec-WebSocket-Extensions`, in the client's order.
    static func answer(to offers: [Substring]) -> String? {
        for offer in offers {
            if let answer = answer(toOne: offer) { return answer }
        }
        return nil
    }

    private static func answer(toOne offer: Substring) -> String? {
        let parts = offer.split(separator: ";", omittingEmptySubsequences: false).map(trimmed)
        guard parts.first?.lowercased() == "permessage-deflate" else { return nil }
        var answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        var seen: Set<String> = []
        for part in parts.dropFirst() {
            let pieces = part.split(separator: "=", maxSplits: 1).map(trimmed)
            guard let name = pieces.first?.lowercased(), seen.insert(name).inserted else { return nil }
            let value = pieces.count > 1 ? pieces[1].filter { $0 != "\"" } : nil
            switch (name, value) {
            case ("server_no_context_takeover", nil), ("client_no_context_takeover", nil): break
            case ("client_max_window_bits", nil): break
            case ("client_max_window_bits", let bits?) where (8...15).contains(Int(bits) ?? 0): break
            // What is compressed for all clients has one window.
            case ("server_max_window_bits", largestWindow?): answer += "; server_max_window_bits=\(largestWindow)"
            default: return nil
            }
        }
        return answer
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
