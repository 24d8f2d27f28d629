public import Foundation

/// What an alert is about.
public enum AlertSubject: Hashable, Sendable {
    /// Long one contract, short the other. The pair the other way round is another subject: another position.
    case pair(long: AlertContract, short: AlertContract)
    case contract(AlertContract)
    case exchange(ExchangeID)
    /// What changed in a contract's terms at a time: it happens once and is over.
    case change(AlertContract, at: Date)

    /// The same text for the same subject for good: part of the key that keeps an alert from being told twice.
    public var key: String {
        switch self {
        case .pair(let long, let short): "pair/\(long.key)/\(short.key)"
        case .contract(let contract): "contract/\(contract.key)"
        case .exchange(let exchange): "exchange/\(exchange.rawValue)"
        case .change(let contract, let time): "change/\(contract.key)/\(Timestamp.text(time))"
        }
    }
}

/// A contract as alerts know it.
public struct AlertContract: Hashable, Sendable {
    public var exchange: ExchangeID
    public var symbol: String
    public var baseAsset: String

    public init(exchange: ExchangeID, symbol: String, baseAsset: String) {
        self.exchange = exchange
        self.symbol = symbol
        self.baseAsset = baseAsset
    }

    /// Symbols may hold anything, slashes and letters of all languages too; a key goes into headers.
    fileprivate var key: String { "\(exchange.rawValue)/\(symbol.asciiKey)" }
}

extension String {
    /// The text with everything but plain ASCII percent-encoded, so that different texts stay different.
    fileprivate var asciiKey: String {
        utf8.reduce(into: "") { key, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                key.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                key += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
    }
}
