import FundingJSON
import Testing

@testable import ExchangeSimulator

/// A simulator with a clock that stands still, and short ways to ask it.
final class Stage {
    /// 2026-11-22 10:37:12.345 UTC: inside an hour, between payments.
    static let now = 1_795_343_832_345

    var simulator: Simulator
    var now: Int

    init(seed: UInt64 = 1, enforcesLimits: Bool = false, limitSpeed: Int = 1, at now: Int = now) {
        simulator = Simulator(
            source: .universe(seed: seed), exchanges: PlayedExchanges.all, enforcesLimits: enforcesLimits,
            limitSpeed: limitSpeed, at: now
        )
        self.now = now
    }

    func get(_ feed: String, _ path: String, _ query: [String: String] = [:]) throws -> SimulatedAnswer {
        let request = SimulatedRequest("GET", path, query: query)
        let answer = simulator.answer(request, to: feed, at: SimulatedTime(now))
        return try #require(answer)
    }

    func post(_ feed: String, _ path: String, _ body: String) throws -> SimulatedAnswer {
        let request = SimulatedRequest("POST", path, body: body)
        let answer = simulator.answer(request, to: feed, at: SimulatedTime(now))
        return try #require(answer)
    }

    func json(_ feed: String, _ path: String, _ query: [String: String] = [:]) throws -> JSONView {
        try JSONDocument(get(feed, path, query).body).root
    }

    func info(_ body: String) throws -> JSONView {
        try JSONDocument(post("hyperliquid", "/info", body).body).root
    }

    func contract(_ feed: String, _ symbol: String) throws -> SimulatedContract {
        try #require(simulator.universe.contracts[feed]?.first { $0.symbol == symbol })
    }

    func perform(_ script: Script) -> Bool { simulator.perform([script], at: SimulatedTime(now)) == nil }

    func fault(_ json: String) throws {
        _ = try simulator.add(JSONDocument(json).root, at: now)
    }
}

extension JSONView {
    /// A member that has to be there.
    func member(_ name: String) throws -> JSONView { try #require(self[name], "\(name) is missing in \(excerpt)") }

    func number(_ name: String) throws -> Double { try #require(member(name).decimal, "\(name) of \(excerpt)") }

    func integer(_ name: String) throws -> Int { try #require(member(name).decimalInt, "\(name) of \(excerpt)") }

    func text(_ name: String) throws -> String { try #require(member(name).string, "\(name) of \(excerpt)") }

    /// The row of a list whose member is this text.
    func row(_ name: String, _ value: String) throws -> JSONView {
        try #require(elements.first { $0[name]?.isString(value) == true }, "no \(value)")
    }
}
