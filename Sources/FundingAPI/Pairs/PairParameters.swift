import FundingCore
import WebServer

/// Which two contracts a pair is made of.
struct PairRequest: Sendable {
    /// One leg as it is named.
    struct Leg: Sendable {
        var exchange: KnownExchange
        var symbol: String
    }

    var long: Leg
    var short: Leg

    private static let longExchange = Parameter<KnownExchange?>.exchange("long_exchange", "Where the long leg is.")
        .needed
    private static let longSymbol = Parameter<String?>.text("long_symbol", "The long leg's symbol.").needed
    private static let shortExchange = Parameter<KnownExchange?>.exchange("short_exchange", "Where the short leg is.")
        .needed
    private static let shortSymbol = Parameter<String?>.text("short_symbol", "The short leg's symbol.").needed

    static let parameters: [any DeclaredParameter] = [longExchange, longSymbol, shortExchange, shortSymbol]

    /// - Returns: nil if something is wrong, which is then reported.
    init?(_ arguments: inout Arguments) {
        let (longExchange, longSymbol) = (arguments[Self.longExchange], arguments[Self.longSymbol])
        let (shortExchange, shortSymbol) = (arguments[Self.shortExchange], arguments[Self.shortSymbol])
        guard let longExchange, let longSymbol, let shortExchange, let shortSymbol else { return nil }
        long = Leg(exchange: longExchange, symbol: longSymbol)
        short = Leg(exchange: shortExchange, symbol: shortSymbol)
    }
}
