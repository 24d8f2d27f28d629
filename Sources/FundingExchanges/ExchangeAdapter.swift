public import FundingCore

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

    /// The request for one contract's open interest, where the exchange has no bulk form.
    func openInterestRequest(of contract: Contract) -> ExchangeRequest?

    /// Open interest in US dollars out of the answer to `openInterestRequest`.
    /// - Parameter price: the mark price in dollars of an asset, for contracts priced in another coin.
    func openInterestUSD(of snapshot: FundingSnapshot, in answer: Answer, price: (_ asset: String) -> Double?) throws
        -> Double?
}

extension ExchangeAdapter {
    public func followUps(to answer: Answer) throws -> [ExchangeRequest] { [] }

    public func refusal(in answer: Answer) -> ExchangeError.Kind? { nil }

    public func meaning(ofStatus status: Int) -> ExchangeError.Kind? { nil }

    public func openInterestRequest(of contract: Contract) -> ExchangeRequest? { nil }

    public func openInterestUSD(
        of snapshot: FundingSnapshot, in answer: Answer, price: (_ asset: String) -> Double?
    ) throws -> Double? { nil }
}
