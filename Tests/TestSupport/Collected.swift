import FundingRuntime

/// What callbacks have brought, in the order of their coming.
public final class Collected<Element: Sendable>: Sendable {
    private let lock = Lock<[Element]>([])

    public init() {}

    public var elements: [Element] { lock.withLock { $0 } }

    public func append(_ element: Element) { lock.withLock { $0.append(element) } }

    public func append(contentsOf elements: some Sequence<Element>) {
        lock.withLock { $0.append(contentsOf: elements) }
    }
}
