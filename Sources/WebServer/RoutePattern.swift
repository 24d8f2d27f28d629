/// A route's path with named holes: `/api/contracts-by-asset/{asset}`, or greedy at the end: `/api/historical/{symbol*}`.
struct RoutePattern: Sendable {
    /// One piece between slashes.
    enum Piece: Sendable, Equatable {
        /// Must be equal.
        case literal(String)
        /// Any one segment.
        case parameter(String)
        /// All segments that are left, at least one; slashes among them belong to the value.
        case greedy(String)
    }

    /// As it was written.
    let text: String
    let pieces: [Piece]

    /// Reads a pattern; a malformed one is a bug in the program and traps.
    init(_ text: String) {
        precondition(text.hasPrefix("/"), "A route starts with a slash: \(text)")
        self.text = text
        let parts = text.dropFirst().split(separator: "/")
        pieces = parts.map { part in
            guard part.hasPrefix("{"), part.hasSuffix("}") else { return .literal(String(part)) }
            let name = part.dropFirst().dropLast()
            return name.hasSuffix("*") ? .greedy(String(name.dropLast())) : .parameter(String(name))
        }
        let greedyAt = pieces.firstIndex { if case .greedy = $0 { true } else { false } }
        precondition(greedyAt == nil || greedyAt == pieces.count - 1, "Only the last piece may be greedy: \(text)")
    }

    /// The values of the named pieces, given segments that match.
    func parameters(of segments: [String]) -> [String: String] {
        var values: [String: String] = [:]
        for (index, piece) in pieces.enumerated() {
            switch piece {
            case .literal: continue
            case .parameter(let name): values[name] = segments[index]
            case .greedy(let name): values[name] = segments[index...].joined(separator: "/")
            }
        }
        return values
    }
}
