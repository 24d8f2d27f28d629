/// A venue: lower case, the same string in rows, events and URLs (`"binance"`).
public struct ExchangeID: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public init(stringLiteral value: String) { rawValue = value }

    public var description: String { rawValue }
}

/// What one adapter reads: `bybit`, but `binance-usdm` and `binance-coinm`. Names the poll, the fixture folder, the log line.
public struct FeedID: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public init(stringLiteral value: String) { rawValue = value }

    public var description: String { rawValue }

    /// The part of an environment variable's name that belongs to this feed: `binance-usdm` → `BINANCE_USDM`.
    public var environmentName: String {
        rawValue.uppercased().replacing("-", with: "_")
    }
}
