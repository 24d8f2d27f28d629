/// How one exchange behaves: its contracts, its requests and bodies, its limits and how it says no. Pure: everything
/// that changes arrives with the scene.
protocol PlayedExchange: Sendable {
    /// The feed's name and its path prefix: `binance-usdm`.
    var feed: String { get }

    /// The exchange's list of contracts, live and otherwise, from the table of assets.
    func contracts(of assets: [Asset], at now: Int) -> [SimulatedContract]

    /// Answers a request that is within the limits.
    func answer(to request: SimulatedRequest, in scene: Scene) -> SimulatedAnswer

    /// What a client may ask how often.
    var limits: [RequestLimit] { get }

    /// What a request costs, by the limit's name.
    func cost(of request: SimulatedRequest) -> [String: Double]

    /// The answer to a request beyond a limit.
    func refusal(_ refusal: LimitRefusal, at now: Int) -> SimulatedAnswer

    /// Adds what the exchange tells a client about its use of the limits.
    func reportUse(_ used: [String: Double], in answer: inout SimulatedAnswer)

    /// The exchange's way of saying "too many requests" in a body, whatever the status.
    func errorObject(at now: Int) -> SimulatedAnswer
}

extension PlayedExchange {
    func reportUse(_ used: [String: Double], in answer: inout SimulatedAnswer) {}
}

/// All that are played: a new exchange is its file and its line here.
enum PlayedExchanges {
    static let all: [any PlayedExchange] = [
        SimulatedBinanceUSDM(),
        SimulatedBinanceCOINM(),
        SimulatedKuCoin(),
        SimulatedBybit(),
        SimulatedMEXC(),
        SimulatedBackpack(),
        SimulatedDeribit(),
        SimulatedHyperliquid(),
        SimulatedDrift(),
        SimulatedAster(),
        SimulatedLighter(),
        SimulatedPacifica(),
        SimulatedHibachi(),
        SimulatedDYdX(),
        SimulatedKraken(),
        SimulatedEdgeX(),
        SimulatedApeX(),
    ]
}
