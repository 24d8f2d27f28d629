/// A queue with cheap ends: elements leave in the order they came.
struct FIFO<Element> {
    private var elements: [Element?] = []
    private var head = 0

    var isEmpty: Bool { head == elements.count }
    var count: Int { elements.count - head }
    var first: Element? { isEmpty ? nil : elements[head] }
    var last: Element? { isEmpty ? nil : elements[elements.count - 1] }

    mutating func append(_ element: Element) {
        elements.append(element)
    }

    mutating func append(contentsOf other: [Element]) {
        for element in other { elements.append(element) }
    }

    mutating func removeLast() {
        precondition(!isEmpty, "nothing to remove")
        elements.removeLast()
    }

    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let element = elements[head]
        elements[head] = nil
        head += 1
        reclaim()
        return element
    }

    /// Takes everything, in order.
    mutating func removeAll() -> [Element] {
        defer {
            elements = []
            head = 0
        }
        return elements[head...].compactMap { $0 }
    }

    /// Gives back the room of elements that have left, once it is worth the move.
    private mutating func reclaim() {
        if isEmpty {
            elements.removeAll(keepingCapacity: elements.capacity <= 4096)
            head = 0
        } else if head >= 1024, head * 2 >= elements.count {
            elements.removeFirst(head)
            head = 0
        }
    }
}
