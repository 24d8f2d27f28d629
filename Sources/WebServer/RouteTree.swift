/// All routes as a tree over path segments: a literal wins over a parameter, a parameter over a greedy end.
struct RouteTree: Sendable {
    /// Where a route ends.
    struct Endpoint: Sendable {
        var pattern: RoutePattern
        var handler: WebRouter.Handler
        var isQuick = false
    }

    /// The result of a lookup.
    enum Match {
        case found(Endpoint)
        case wrongMethod(allowed: [String])
        case nothing
    }

    private struct Node: Sendable {
        var literals: [String: Int] = [:]
        var parameter: Int?
        var endpoints: [String: Endpoint] = [:]
        var greedy: [String: Endpoint] = [:]
    }

    private var nodes = [Node()]

    /// Adds a route; adding the same method and shape twice is a bug and traps.
    mutating func insert(_ method: String, _ endpoint: Endpoint) {
        var at = 0
        for piece in endpoint.pattern.pieces {
            switch piece {
            case .literal(let text): at = child(of: at, \.literals[text])
            case .parameter: at = child(of: at, \.parameter)
            case .greedy:
                precondition(nodes[at].greedy[method] == nil, "Route added twice: \(method) \(endpoint.pattern.text)")
                nodes[at].greedy[method] = endpoint
                return
            }
        }
        precondition(nodes[at].endpoints[method] == nil, "Route added twice: \(method) \(endpoint.pattern.text)")
        nodes[at].endpoints[method] = endpoint
    }

    private mutating func child(of node: Int, _ link: WritableKeyPath<Node, Int?>) -> Int {
        if let existing = nodes[node][keyPath: link] { return existing }
        nodes.append(Node())
        nodes[node][keyPath: link] = nodes.count - 1
        return nodes.count - 1
    }

    /// The route of a request. GET routes serve HEAD as well.
    func match(_ method: String, _ segments: [String]) -> Match {
        var allowed: Set<String> = []
        if let endpoint = find(method, segments, 0, 0, &allowed) { return .found(endpoint) }
        if allowed.isEmpty { return .nothing }
        if allowed.contains("GET") { allowed.insert("HEAD") }
        return .wrongMethod(allowed: allowed.sorted())
    }

    private func find(
        _ method: String, _ segments: [String], _ depth: Int, _ at: Int, _ allowed: inout Set<String>
    ) -> Endpoint? {
        let node = nodes[at]
        guard depth < segments.count else { return pick(method, node.endpoints, &allowed) }
        if let next = node.literals[segments[depth]],
            let found = find(method, segments, depth + 1, next, &allowed)
        {
            return found
        }
        if let next = node.parameter, !segments[depth].isEmpty,
            let found = find(method, segments, depth + 1, next, &allowed)
        {
            return found
        }
        return pick(method, node.greedy, &allowed)
    }

    private func pick(_ method: String, _ endpoints: [String: Endpoint], _ allowed: inout Set<String>) -> Endpoint? {
        if let endpoint = endpoints[method] ?? (method == "HEAD" ? endpoints["GET"] : nil) { return endpoint }
        allowed.formUnion(endpoints.keys)
        return nil
    }
}
