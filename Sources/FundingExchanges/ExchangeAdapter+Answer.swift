import CurlDriver
import Foundation
import FundingCore
import FundingJSON

// What an HTTP response is: an answer to read, or which of the errors.

extension ExchangeAdapter {
    func answer(to request: ExchangeRequest, _ response: HTTPResponse, at time: Date) throws(ExchangeError) -> Answer {
        let isSuccess = (200..<300).contains(response.status)
        let excerpt = String(decoding: response.body.prefix(120), as: UTF8.self)
        let document: JSONDocument
        do {
            document = try JSONDocument(response.body)
        } catch {
            guard isSuccess else { throw refused(request, response, excerpt, at: time) }
            throw failure(request.label, .unreadable, "\(error); body begins \(excerpt)")
        }
        let answer = Answer(to: request, document, receivedAt: time)
        guard let kind = refusal(in: answer) else {
            guard isSuccess else { throw refused(request, response, excerpt, at: time) }
            return answer
        }
        if !isSuccess {
            let usual = meaning(of: response, at: time)
            switch usual {
            // The host itself shuts the door: no body makes that milder.
            case .banned, .blocked: throw refused(request, response, excerpt, at: time)
            default: if kind == .unreadable { throw refused(request, response, excerpt, at: time) }
            }
        }
        // The exchange's own code says more than the status it came with.
        throw failure(request.label, kind.waiting(statedPause(response, at: time)), excerpt)
    }

    func failure(_ request: String, _ kind: ExchangeError.Kind, _ detail: String) -> ExchangeError {
        ExchangeError(feed: profile.feed, request: request, kind: kind, detail: detail)
    }

    private func refused(_ request: ExchangeRequest, _ response: HTTPResponse, _ excerpt: String, at time: Date)
        -> ExchangeError
    {
        failure(request.label, meaning(of: response, at: time), "HTTP \(response.status), body begins \(excerpt)")
    }

    /// How long the host wants to be left alone: in the exchange's own words, or by `Retry-After`.
    private func statedPause(_ response: HTTPResponse, at time: Date) -> Duration? {
        statedPause(in: response.headers, at: time).flatMap {
            ExchangeError.Kind.statedPause(seconds: $0 / .seconds(1))
        } ?? response.retryAfter
    }

    private func meaning(of response: HTTPResponse, at time: Date) -> ExchangeError.Kind {
        let kind = meaning(ofStatus: response.status) ?? .meaning(ofStatus: response.status)
        return kind.waiting(statedPause(response, at: time))
    }
}

extension HTTPResponse {
    /// Seconds, as all exchanges send it; a date or anything else counts as nothing said.
    fileprivate var retryAfter: Duration? {
        headers["retry-after"].flatMap { Double($0) }.flatMap { ExchangeError.Kind.statedPause(seconds: $0) }
    }
}

extension ExchangeError.Kind {
    /// The same, with the pause of the `Retry-After` header where the exchange has not named one otherwise.
    fileprivate func waiting(_ retryAfter: Duration?) -> ExchangeError.Kind {
        switch self {
        case .rateLimited(nil): .rateLimited(retryAfter: retryAfter)
        case .banned(nil): .banned(retryAfter: retryAfter)
        default: self
        }
    }
}
