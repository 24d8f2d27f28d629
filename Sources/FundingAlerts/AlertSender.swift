public import CurlDriver
import Foundation
public import FundingCore
import FundingJSON

/// Sends a message to a channel, once, and says what came of it.
public struct AlertSender: Sendable {
    /// What came of it.
    public struct Attempt: Sendable {
        public var outcome: DeliveryPolicy.Outcome
        /// The beginning of the answer's body, for the operator who tries a channel. It may quote the message.
        public var answer: String
    }

    /// Bytes of the longest answer that is read: no service has much to say.
    private static let longestAnswer = 256 << 10
    private static let longestExcerpt = 200

    private let fetcher: HTTPFetcher
    private let addresses: ChannelAddresses

    public init(_ fetcher: HTTPFetcher, _ addresses: ChannelAddresses) {
        self.fetcher = fetcher
        self.addresses = addresses
    }

    /// - Parameter timeout: for everything from the connection to the answer's end.
    public func send(_ message: AlertMessage, to channel: AlertChannel, timeout: Duration) async -> Attempt {
        let destination: (url: String, headers: [(String, String)])
        do {
            destination = try addresses.destination(of: channel)
        } catch {
            return Attempt(outcome: .unsendable(error.description), answer: "")
        }
        let request = HTTPRequest(
            method: .post, url: destination.url,
            // The key is the same at every attempt: a receiver that knows it has had the message before.
            headers: [("Content-Type", "application/json"), ("Idempotency-Key", message.key)] + destination.headers,
            body: AlertBody.encoded(message, for: channel.service, chatID: channel.chatID), connectTimeout: timeout,
            totalTimeout: timeout, maximumBodyBytes: Self.longestAnswer
        )
        do {
            let response = try await fetcher.fetch(request)
            return Attempt(
                outcome: .answered(status: response.status, retryAfter: RetryAfter.seconds(response, now: Date())),
                answer: String(String(decoding: response.body, as: UTF8.self).prefix(Self.longestExcerpt)))
        } catch {
            return Attempt(outcome: .unanswered(error.kind.told), answer: "")
        }
    }
}

extension HTTPFetchError.Kind {
    /// The kind in words. The error's own message holds the address, and with many services that is the secret.
    fileprivate var told: String {
        switch self {
        case .invalidURL: "the address is no http address"
        case .unresolved: "the host's name has no address"
        case .unreachable: "nobody answers at the address"
        case .tls: "the TLS handshake failed"
        case .timedOut: "no answer in time"
        case .bodyTooLarge, .headersTooLarge: "the answer is too large"
        case .truncated, .badEncoding: "the answer is not complete"
        case .cancelled, .closed: "the attempt was given up"
        case .overloaded: "too many attempts at once"
        case .other(let code): "libcurl error \(code)"
        }
    }
}

/// How long a service wants to be left alone.
enum RetryAfter {
    /// The header, in seconds or as a date (RFC 9110, section 10.2.3), or what Telegram and Discord say in the body: the
    /// longest of them counts.
    static func seconds(_ response: HTTPResponse, now: Date) -> TimeInterval? {
        guard response.status == 429 || response.status >= 500 else { return nil }
        let stated = [response.headers["Retry-After"].flatMap { header($0, now) }, body(response.body)]
        return stated.compactMap { $0 }.filter { $0.isFinite && $0 >= 0 }.max()
    }

    private static func header(_ text: String, _ now: Date) -> TimeInterval? {
        let text = text.trimmingCharacters(in: .whitespaces)
        if let seconds = TimeInterval(text) { return seconds }
        let reader = DateFormatter()
        reader.locale = Locale(identifier: "en_US_POSIX")
        reader.timeZone = TimeZone(secondsFromGMT: 0)
        reader.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return reader.date(from: text).map { max(0, $0.timeIntervalSince(now)) }
    }

    /// `{"parameters":{"retry_after":35}}` (https://core.telegram.org/bots/api#responseparameters) or
    /// `{"retry_after":64.57}` (https://discord.com/developers/docs/topics/rate-limits).
    private static func body(_ bytes: [UInt8]) -> TimeInterval? {
        guard let root = try? JSONDocument(bytes).root else { return nil }
        return root["parameters"]?["retry_after"]?.double ?? root["retry_after"]?.double
    }
}
