import FundingJSON
import Testing

@testable import ExchangeSimulator

/// A socket at an exchange of a stage, whose clock it moves.
final class StageSocket {
    private let stage: Stage
    private let exchange: any StreamingExchange
    private var session: StreamSession
    /// What was said at once.
    let greeting: [JSONView]

    init(_ feed: String, _ path: String, on stage: Stage) throws {
        self.stage = stage
        exchange = try #require(stage.simulator.exchanges[feed] as? any StreamingExchange)
        let scene = Scene(of: feed, in: stage.simulator.universe, at: stage.now)
        let opening = try #require(exchange.open(SimulatedRequest("GET", path), in: scene), "no \(path)")
        session = opening.session
        greeting = try opening.greeting.map { try JSONDocument($0).root }
    }

    private var scene: Scene { Scene(of: exchange.feed, in: stage.simulator.universe, at: stage.now) }

    func send(_ text: String) throws -> [JSONView] {
        try exchange.receive(JSONDocument(text).root, on: &session, in: scene).map { try JSONDocument($0).root }
    }

    /// The only answer to a message.
    func ask(_ text: String) throws -> JSONView {
        let answers = try send(text)
        #expect(answers.count == 1)
        return try #require(answers.first)
    }

    /// What is pushed after so many milliseconds.
    func pushed(after milliseconds: Int = 0) throws -> [JSONView] {
        stage.now += milliseconds
        return try exchange.push(to: &session, in: scene).map { try JSONDocument($0).root }
    }
}
