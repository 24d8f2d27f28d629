/// Lets at most so many items per host run and keeps the others waiting in the order they came.
///
/// libcurl has such a limit too (`CURLMOPT_MAX_HOST_CONNECTIONS`), but one list of waiting transfers for all hosts: a
/// host that answers slowly can hold up another's. Its waiting transfers also know no deadline.
struct HostQueues<Item: AnyObject> {
    private struct Queue {
        var running = 0
        var waiting: [Item] = []
    }

    private let limit: Int
    private var queues: [String: Queue] = [:]

    init(limit: Int) {
        self.limit = limit
    }

    /// Whether the item may start now. If not it waits, and `leave(_:)` or `withdraw(_:from:)` brings it back.
    mutating func enter(_ item: Item, at host: String) -> Bool {
        var queue = queues[host] ?? Queue()
        defer { queues[host] = queue }
        guard queue.running < limit else {
            queue.waiting.append(item)
            return false
        }
        queue.running += 1
        return true
    }

    /// Frees a running item's place and gives it to the one returned, if any waits.
    mutating func leave(_ host: String) -> Item? {
        guard var queue = queues[host] else { return nil }
        guard queue.waiting.isEmpty else {
            let next = queue.waiting.removeFirst()
            queues[host] = queue
            return next
        }
        queue.running -= 1
        queues[host] = queue.running > 0 ? queue : nil
        return nil
    }

    /// Takes an item out of the line; false if it did not wait.
    mutating func withdraw(_ item: Item, from host: String) -> Bool {
        guard let index = queues[host]?.waiting.firstIndex(where: { $0 === item }) else { return false }
        queues[host]?.waiting.remove(at: index)
        return true
    }

    /// Every item that waits, at any host.
    var waiting: [Item] {
        queues.values.flatMap(\.waiting)
    }
}
