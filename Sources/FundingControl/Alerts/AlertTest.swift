import ArgumentParser
import CurlDriver
import Foundation
import FundingAlerts
import FundingCore
import FundingRuntime
import FundingStore

/// `fundingctl alert test`
struct AlertTest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Sends a test message through a channel and says what came back.",
        discussion: """
            The channel's secrets are taken from this command's own environment and .env file. Ends with 1 unless the \
            message was taken.
            """
    )

    @Argument(help: "The channel's name among the settings.")
    var channel: String

    @Flag(help: "Send nothing: print the body that would be sent.")
    var stdout = false

    func run() async {
        await ServiceProcess.main("fundingctl") {
            var environment = Environment()
            let database = Database.configuration(&environment)
            let addresses = ChannelAddresses(&environment)
            try environment.finish()
            guard let database else { return }
            try await Database.withPool(database) { pool in
                let alerts = try await SettingsStore(pool).current().settings().alerts
                guard let target = alerts.channels[channel] else {
                    let known = alerts.channels.keys.sorted().joined(separator: ", ")
                    throw UnknownName(description: "there is no channel \(channel); known are: \(known)")
                }
                let message = Self.message(at: Date())
                if stdout {
                    let body = AlertBody.encoded(message, for: target.service, chatID: target.chatID)
                    print(String(decoding: body, as: UTF8.self))
                    return
                }
                let fetcher = HTTPFetcher(userAgent: ServiceProcess.userAgent)
                let attempt = await AlertSender(fetcher, addresses).send(
                    message, to: target, timeout: .seconds(alerts.delivery.timeout))
                await fetcher.close()
                print(attempt.outcome.told + (attempt.answer.isEmpty ? "" : ": \(attempt.answer)"))
                guard case .answered(200..<300, _) = attempt.outcome else { throw ChannelRefused(channel: channel) }
            }
        }
    }

    /// What a rule would tell, with numbers that nobody can take for real. Each test has a key of its own.
    static func message(at now: Date) -> AlertMessage {
        var values = AlertValues()
        values.spreadAPR = 12.34
        values.spreadNetAPR = 5.67
        let contract = { (exchange: ExchangeID) in
            AlertContract(exchange: exchange, symbol: "TEST", baseAsset: "TEST")
        }
        return AlertMessage(
            [
                AlertDecision(
                    kind: .fired, rule: "test-message", ruleRevision: "test", ruleKind: .spreadAPR,
                    subject: .pair(long: contract("one-exchange"), short: contract("another")),
                    episode: Int(now.timeIntervalSince1970), at: now, value: values.spreadAPR, threshold: 10,
                    values: values, change: nil)
            ], to: [])
    }
}

/// A name that the settings do not hold.
struct UnknownName: Error, CustomStringConvertible {
    var description: String
}

/// A channel that did not take a test message.
struct ChannelRefused: Error, CustomStringConvertible {
    var channel: String

    var description: String { "\(channel) did not take the message" }
}
