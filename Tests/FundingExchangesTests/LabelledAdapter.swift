import CurlDriver
import Foundation
import FundingCore
import FundingExchanges

/// An adapter that remembers which of its requests has which address, so that a stand-in for the network knows an
/// answer by its label.
final class LabelledAdapter: ExchangeAdapter {
    let profile: ExchangeProfile
    private let adapter: any ExchangeAdapter
    private let seen = Seen()

    init(_ adapter: any ExchangeAdapter, profile: ExchangeProfile? = nil) {
        self.adapter = adapter
        self.profile = profile ?? adapter.profile
        for request in adapter.listings { seen.remember(request) }
    }

    func label(of request: HTTPRequest) -> String? {
        let target = String(request.url.dropFirst(profile.host.count))
        return seen.label(of: target, request.body.map { String(decoding: $0, as: UTF8.self) })
    }

    var listings: [ExchangeRequest] { adapter.listings }

    func liveRequests(given listings: Answers) -> [ExchangeRequest] {
        remembered(adapter.liveRequests(given: listings))
    }

    func followUps(to answer: Answer) throws -> [ExchangeRequest] { remembered(try adapter.followUps(to: answer)) }

    func refusal(in answer: Answer) -> ExchangeError.Kind? { adapter.refusal(in: answer) }

    func meaning(ofStatus status: Int) -> ExchangeError.Kind? { adapter.meaning(ofStatus: status) }

    func snapshots(from answers: Answers) throws -> Parsed<FundingSnapshot> { try adapter.snapshots(from: answers) }

    func openInterestRequest(of contract: Contract) -> ExchangeRequest? {
        adapter.openInterestRequest(of: contract).map { remembered([$0])[0] }
    }

    func openInterest(of snapshot: FundingSnapshot, in answer: Answer, price: (_ asset: String) -> Double?) throws
        -> OpenInterest?
    {
        try adapter.openInterest(of: snapshot, in: answer, price: price)
    }

    func statedPause(in headers: HTTPHeaders, at time: Date) -> Duration? { adapter.statedPause(in: headers, at: time) }

    func usedBudget(in headers: HTTPHeaders) -> UsedBudget? { adapter.usedBudget(in: headers) }

    func historyRequests(of contract: Contract, every interval: FundingInterval, during window: ClosedRange<Date>)
        -> [ExchangeRequest]
    {
        remembered(adapter.historyRequests(of: contract, every: interval, during: window))
    }

    func settlements(of contract: Contract, in answer: Answer) throws -> Parsed<FundingSettlement> {
        try adapter.settlements(of: contract, in: answer)
    }

    private func remembered(_ requests: [ExchangeRequest]) -> [ExchangeRequest] {
        for request in requests { seen.remember(request) }
        return requests
    }
}

private final class Seen: Sendable {
    private struct Address: Hashable {
        var target: String
        var body: String?
    }

    private struct State {
        var labels: [Address: String] = [:]
        var pages: [String: Int] = [:]
    }

    private let state = TestLock(State())

    func remember(_ request: ExchangeRequest) {
        state.withLock { state in
            let address = Address(target: request.target, body: request.body)
            guard state.labels[address] == nil else { return }
            let page = state.pages[request.label, default: 0] + 1
            state.pages[request.label] = page
            state.labels[address] = page == 1 ? request.label : "\(request.label).page\(page)"
        }
    }

    func label(of target: String, _ body: String?) -> String? {
        state.withLock { $0.labels[Address(target: target, body: body)] }
    }
}
