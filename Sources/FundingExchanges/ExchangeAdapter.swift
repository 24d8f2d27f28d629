public import CurlDriver
public import Foundation
public import FundingCore
public import FundingJSON

/// The questions every exchange answers. An adapter is a description plus pure functions: it never opens, sleeps, logs
/// or reads the clock, so a test needs only bytes.
///
/// A poll has two kinds of requests. *Listings* (which contracts exist, on what terms) change rarely: their answers are
/// kept for `profile.listingPeriod`. *Live* requests are asked at every poll, and may depend on the listings.
public protocol ExchangeAdapter: Sendable {
    /// The facts: names, host, budgets.
    var profile: ExchangeProfile { get }

    /// What is asked rarely and kept.
    var listings: [ExchangeRequest] { get }

    /// What is asked at every poll, given the kept listings.
    func liveRequests(given listings: Answers) -> [ExchangeRequest]

    /// What an answer makes us ask next: the next page.
    func followUps(to answer: Answer) throws -> [ExchangeRequest]

    /// The error that an answer with HTTP status 200 holds instead of data, if it does.
    func refusal(in answer: Answer) -> ExchangeError.Kind?

    /// What an HTTP error status means on this exchange, where it differs from the usual.
    func meaning(ofStatus status: Int) -> ExchangeError.Kind?

    /// All contracts in the answers of one poll, with their predicted rates.
    func snapshots(from answers: Answers) throws -> Parsed<FundingSnapshot>

    /// The parts of an answer that speak of single contracts, by symbol or native id, where an answer does not name the
    /// contract in its row; nil to search for the names.
    func rows(in answer: Answer) -> [(name: String, row: JSONView)]?

    /// The request for one contract's open interest, where the exchange has no bulk form.
    func openInterestRequest(of contract: Contract) -> ExchangeRequest?

    /// Open interest out of the answer to `openInterestRequest`.
    /// - Parameter price: the mark price in dollars of an asset, for contracts priced in another coin.
    func openInterest(of snapshot: FundingSnapshot, in answer: Answer, price: (_ asset: String) -> Double?) throws
        -> OpenInterest?

    // MARK: Manners

    /// How long the host wants to be left alone, where it says so otherwise than by `Retry-After` in seconds.
    /// - Parameter time: when the answer arrived, for headers that state an instant.
    func statedPause(in headers: HTTPHeaders, at time: Date) -> Duration?

    /// What the headers say has been used of a budget within its running window, by all programs at our address.
    func usedBudget(in headers: HTTPHeaders) -> UsedBudget?

    // MARK: Settled history

    /// The requests that begin a contract's settled history within a window, both ends inclusive.
    /// - Parameter interval: the shortest that the contract is known to have had within the window.
    func historyRequests(of contract: Contract, every interval: FundingInterval, during window: ClosedRange<Date>)
        -> [ExchangeRequest]

    /// The page that follows; nil if the answer was the last, which an empty or a repeated page always is.
    func nextHistoryPage(after answer: Answer, of contract: Contract, during window: ClosedRange<Date>) throws
        -> ExchangeRequest?

    /// All settlements in an answer to a history request, in the exchange's order; rows outside the window included,
    /// rates that are not final left out.
    func settlements(of contract: Contract, in answer: Answer) throws -> Parsed<FundingSettlement>

    /// The request that begins the settlements of all contracts within a window, both ends inclusive, where the exchange
    /// has one.
    func bulkHistoryRequest(during window: ClosedRange<Date>) -> ExchangeRequest?

    /// The page that follows; nil if the answer was the last.
    func nextBulkHistoryPage(after answer: Answer, during window: ClosedRange<Date>) throws -> ExchangeRequest?

    /// All settlements in an answer to a bulk request.
    func bulkSettlements(in answer: Answer) throws -> Parsed<FundingSettlement>

    /// The most settlements that one answer to a bulk request holds.
    var bulkPageRows: Int { get }

    // MARK: Streams

    /// How the exchange pushes what moves, where it does.
    var stream: (any ExchangeStream)? { get }
}

/// What an exchange says has been used of one of its budgets.
public struct UsedBudget: Hashable, Sendable {
    public var weight: Double
    /// The budget's name, if it is not the host's common one.
    public var ownBudget: String?

    public init(_ weight: Double, of ownBudget: String? = nil) {
        self.weight = weight
        self.ownBudget = ownBudget
    }
}

extension ExchangeAdapter {
    public func followUps(to answer: Answer) throws -> [ExchangeRequest] { [] }

    public func refusal(in answer: Answer) -> ExchangeError.Kind? { nil }

    public func meaning(ofStatus status: Int) -> ExchangeError.Kind? { nil }

    public func openInterestRequest(of contract: Contract) -> ExchangeRequest? { nil }

    public func openInterest(
        of snapshot: FundingSnapshot, in answer: Answer, price: (_ asset: String) -> Double?
    ) throws -> OpenInterest? { nil }

    public func statedPause(in headers: HTTPHeaders, at time: Date) -> Duration? { nil }

    public func usedBudget(in headers: HTTPHeaders) -> UsedBudget? { nil }

    public func nextHistoryPage(after answer: Answer, of contract: Contract, during window: ClosedRange<Date>) throws
        -> ExchangeRequest?
    { nil }

    public func bulkHistoryRequest(during window: ClosedRange<Date>) -> ExchangeRequest? { nil }

    public func nextBulkHistoryPage(after answer: Answer, during window: ClosedRange<Date>) throws -> ExchangeRequest? {
        nil
    }

    public var bulkPageRows: Int { 0 }

    public func bulkSettlements(in answer: Answer) throws -> Parsed<FundingSettlement> {
        throw Rejection("\(profile.feed) has no settlements in bulk")
    }

    public var stream: (any ExchangeStream)? { nil }
}
