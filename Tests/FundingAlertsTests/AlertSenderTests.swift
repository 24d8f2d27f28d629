import CurlDriver
import Foundation
import FundingCore
import FundingJSON
import FundingRuntime
import TestSupport
import Testing

@testable import FundingAlerts

@Suite(.enabled(if: WebhookReceiver.isAvailable, "FUNDING_TEST_PYTHON is not set"))
struct AlertSenderTests {
    @Test func eachServiceGetsItsBodyAtItsAddressWithTheKey() async throws {
        try await withReceiver(["200"]) { receiver, sender in
            for (service, path) in [
                (AlertChannel.Service.webhook, "/hook?token=s3cret"), (.discord, "/hook?token=s3cret"),
                (.slack, "/hook?token=s3cret"), (.telegram, "/bot123:TOKEN/sendMessage"),
            ] {
                let attempt = await sender.send(Self.message, to: Self.channel(service), timeout: .seconds(5))
                #expect(attempt.outcome == .answered(status: 200, retryAfter: nil) && attempt.answer == "ok")
                let request = try JSONDocument(try #require(receiver.requests().last)).root
                #expect(request["path"]?.string == path)
                let headers = request["headers"]
                #expect(headers?["content-type"]?.string == "application/json")
                #expect(headers?["idempotency-key"]?.string == Self.message.key)
                #expect(headers?["authorization"]?.string == (service == .webhook ? "Bearer s3cret" : nil))
                let body = AlertBody.encoded(Self.message, for: service, chatID: "-100")
                #expect(request["body"]?.string == String(decoding: body, as: UTF8.self))
            }
        }
    }

    @Test func whatTheServiceAnswersIsTold() async throws {
        try await withReceiver(["500", "429:Retry-After=7", "302:Location=/elsewhere", "404"]) { _, sender in
            var outcomes: [DeliveryPolicy.Outcome] = []
            for _ in 1...4 {
                outcomes.append(
                    await sender.send(Self.message, to: Self.channel(.webhook), timeout: .seconds(5)).outcome)
            }
            #expect(
                outcomes == [
                    .answered(status: 500, retryAfter: nil), .answered(status: 429, retryAfter: 7),
                    .answered(status: 302, retryAfter: nil), .answered(status: 404, retryAfter: nil),
                ])
        }
    }

    @Test func aServiceThatHangsOrIsNotThereIsNotWaitedForAndNoSecretIsTold() async throws {
        try await withReceiver(["hang"]) { _, sender in
            let begun = ContinuousClock.now
            let attempt = await sender.send(Self.message, to: Self.channel(.webhook), timeout: .milliseconds(300))
            #expect(attempt.outcome == .unanswered("no answer in time"))
            #expect(ContinuousClock.now - begun < .seconds(10))
        }
        try await withSender(url: "http://127.0.0.1:1/services/s3cret") { sender in
            let attempt = await sender.send(Self.message, to: Self.channel(.slack), timeout: .seconds(5))
            #expect(attempt.outcome == .unanswered("nobody answers at the address"))
        }
        try await withSender(url: "s3cret") { sender in
            let attempt = await sender.send(Self.message, to: Self.channel(.slack), timeout: .seconds(5))
            guard case .unanswered(let reason) = attempt.outcome else {
                Issue.record("expected no answer, found \(attempt.outcome)")
                return
            }
            #expect(!reason.contains("s3cret"))
        }
    }

    @Test func aSecretThatIsNotSetIsNamed() async throws {
        var environment = Environment(["FUNDING_ALERT_OTHER": "x"], file: nil)
        let addresses = ChannelAddresses(&environment)
        let fetcher = HTTPFetcher(userAgent: "test")
        let attempt = await AlertSender(fetcher, addresses).send(
            Self.message, to: Self.channel(.telegram), timeout: .seconds(1))
        await fetcher.close()
        #expect(attempt.outcome == .unsendable("FUNDING_ALERT_TOKEN is not set"))
    }

    @Test func addressesNeverPrint() {
        var environment = Environment(
            ["FUNDING_ALERT_URL": "https://s3cret", "DATABASE_URL": "postgres://x"], file: nil)
        let addresses = ChannelAddresses(&environment)
        var dumped = ""
        dump(addresses, to: &dumped)
        for text in ["\(addresses)", String(reflecting: addresses), dumped] { #expect(!text.contains("s3cret")) }
        #expect(throws: ChannelAddresses.Missing.self) {
            var channel = Self.channel(.webhook)
            channel.urlVariable = "DATABASE_URL"
            _ = try addresses.destination(of: channel)
        }
    }

    private static let message: AlertMessage = {
        var values = AlertValues()
        values.exchangeAge = 300
        return AlertMessage(
            [
                AlertDecision(
                    kind: .fired, rule: "silence", ruleRevision: "1", ruleKind: .exchangeAge,
                    subject: .exchange("drift"),
                    episode: 1, at: Date(timeIntervalSince1970: 1_790_000_000), value: 300, threshold: 120,
                    values: values, change: nil)
            ], to: [])
    }()

    private static func channel(_ service: AlertChannel.Service) -> AlertChannel {
        var channel = AlertChannel()
        channel.service = service
        if service == .telegram {
            channel.tokenVariable = "FUNDING_ALERT_TOKEN"
            channel.chatID = "-100"
        } else {
            channel.urlVariable = "FUNDING_ALERT_URL"
            if service == .webhook { channel.authorizationVariable = "FUNDING_ALERT_AUTH" }
        }
        return channel
    }

    private func withReceiver(_ script: [String], _ body: (WebhookReceiver, AlertSender) async throws -> Void)
        async throws
    {
        let receiver = try await WebhookReceiver(script)
        try await withSender(url: "\(receiver.url)/hook?token=s3cret", telegram: receiver.url) {
            try await body(receiver, $0)
        }
    }

    private func withSender(
        url: String, telegram: String = "http://127.0.0.1:1", _ body: (AlertSender) async throws -> Void
    ) async throws {
        var environment = Environment(
            [
                "FUNDING_ALERT_URL": url, "FUNDING_ALERT_TOKEN": "123:TOKEN", "FUNDING_ALERT_AUTH": "Bearer s3cret",
                "FUNDING_TELEGRAM_URL": telegram,
            ], file: nil)
        let fetcher = HTTPFetcher(userAgent: "test")
        do {
            try await body(AlertSender(fetcher, ChannelAddresses(&environment)))
        } catch {
            await fetcher.close()
            throw error
        }
        await fetcher.close()
    }
}
