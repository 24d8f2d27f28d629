import FundingCore
import WebServer

extension MarketState {
    /// A contract as it was last seen, listed or not: an exchange has a symbol once.
    /// - Throws: 404 if there is none.
    func contract(_ symbol: String, on exchange: KnownExchange?) throws(WebError) -> LiveRate {
        guard let exchange, let rate = rates(of: exchange.id).first(where: { $0.contract.symbol == symbol }) else {
            throw .noContract(symbol, on: exchange)
        }
        return rate
    }
}

extension WebError {
    /// 404: the exchange has no such contract.
    static func noContract(_ symbol: String, on exchange: KnownExchange?) -> WebError {
        .notFound("There is no contract \(symbol.prefix(60)) on \(exchange?.name ?? "it")")
    }
}
