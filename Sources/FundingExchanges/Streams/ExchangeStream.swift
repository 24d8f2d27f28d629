public import FundingCore
public import FundingJSON

/// The questions an exchange answers that pushes: where to connect, what to subscribe to, what a message means. Pure,
/// like its adapter: it never opens, sends or waits.
///
/// A stream makes rates fresher than a poll can; it never adds a contract. What contracts there are, on what terms, is
/// told by the polls, which also stand in when the stream is silent.
public protocol ExchangeStream: Sendable {
    /// The facts: host, rhythm, limits.
    var terms: StreamTerms { get }

    /// What must be asked by REST before each connection, where the exchange hands out tokens.
    var ticket: ExchangeRequest? { get }

    /// Where the answer to `ticket` says to connect.
    func address(in ticket: Answer) throws -> StreamAddress

    /// The connections that together hold all contracts, each within the documented limits.
    func connections(for contracts: StreamedContracts) -> [StreamConnection]

    /// What one message means.
    /// - Throws: `Rejection` if it is not what the exchange documents.
    func read(_ message: JSONView, _ contracts: StreamedContracts) throws -> StreamMessage
}

extension ExchangeStream {
    public var ticket: ExchangeRequest? { nil }

    public func address(in ticket: Answer) throws -> StreamAddress {
        throw Rejection("a ticket that nobody asked for")
    }
}

/// The contracts of a feed's last poll, as a stream needs them.
public struct StreamedContracts: Sendable {
    /// In the order of the poll.
    public let all: [FundingSnapshot]
    private let bySymbol: [String: Int]
    private let byNativeID: [String: Int]

    public init(_ snapshots: [FundingSnapshot]) {
        all = snapshots
        bySymbol = Dictionary(snapshots.enumerated().map { ($1.contract.symbol, $0) }) { first, _ in first }
        byNativeID = Dictionary(
            snapshots.enumerated().compactMap { place, snapshot in snapshot.contract.nativeID.map { ($0, place) } }
        ) { first, _ in first }
    }

    public var symbols: [String] { all.map(\.contract.symbol) }

    /// The contract of a symbol with what the last poll said of it; nil if the feed has none.
    public subscript(symbol: String) -> FundingSnapshot? { bySymbol[symbol].map { all[$0] } }

    /// The contract that the exchange calls by this number.
    public func contract(nativeID: String) -> FundingSnapshot? { byNativeID[nativeID].map { all[$0] } }
}
