import FundingJSON

/// One open socket as a value: what it answers, what it pushes, and what faults leave of both.
struct PlayedStream: Sendable {
    let exchange: any StreamingExchange
    private(set) var session: StreamSession
    /// What was pushed last, for repeating.
    private(set) var lastPush: [[UInt8]] = []
    /// More topics than any exchange lets one socket have.
    static let maximumTopics = 20_000

    init(_ exchange: any StreamingExchange, _ session: StreamSession) {
        self.exchange = exchange
        self.session = session
    }

    var hasTooManyTopics: Bool { session.topics.count > Self.maximumTopics }

    /// The answers to a message. One that is no JSON, such as a bare `ping`, reaches the exchange as a JSON string.
    mutating func receive(_ text: String, in scene: Scene, under orders: StreamOrders) -> [[UInt8]] {
        guard !orders.isSilent, let document = Self.document(text) else { return [] }
        return exchange.receive(document.root, on: &session, in: scene)
    }

    /// What is due, of the topics that are not silenced.
    mutating func push(in scene: Scene, under orders: StreamOrders) -> [[UInt8]] {
        guard !orders.isSilent else { return [] }
        // A clock that was set back must not hold the heartbeats up.
        session.heartbeatAt = min(session.heartbeatAt, scene.now)
        let topics = session.topics
        session.topics =
            orders.isWithoutData
            ? []
            : topics.filter { topic in
                !orders.silentTopics.contains { topic.hasPrefix($0) }
            }
        let messages = exchange.push(to: &session, in: scene)
        session.topics = topics
        if !messages.isEmpty { lastPush = messages }
        return messages
    }

    private static func document(_ text: String) -> JSONDocument? {
        do {
            return try JSONDocument(text)
        } catch {
            var writer = JSONWriter()
            writer.value(text)
            do { return try JSONDocument(writer.bytes) } catch { return nil }
        }
    }
}
