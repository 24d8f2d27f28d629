import Foundation
import FundingCore
public import FundingRuntime

/// What the environment says of channels: their addresses, tokens and headers. It never prints.
public struct ChannelAddresses: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// What a channel needs is not there.
    public struct Missing: Error, Sendable, Equatable, CustomStringConvertible {
        public var description: String
    }

    private let secrets: [String: String]
    private let telegram: String

    /// Reads all variables that channels may name, and `FUNDING_TELEGRAM_URL`, which stands in for Telegram's own address.
    public init(_ environment: inout Environment) {
        secrets = environment.texts(withPrefix: AlertChannel.variablePrefix)
        telegram = environment.address("FUNDING_TELEGRAM_URL") ?? "https://api.telegram.org"
    }

    /// Where a channel's messages are sent, and what else is sent along.
    /// - Throws: `Missing`, with the variable's name.
    func destination(of channel: AlertChannel) throws(Missing) -> (url: String, headers: [(String, String)]) {
        switch channel.service {
        case .telegram:
            // https://core.telegram.org/bots/api#making-requests
            return ("\(telegram)/bot\(try secret(channel.tokenVariable))/sendMessage", [])
        case .webhook, .discord, .slack:
            let authorization = try channel.authorizationVariable.map { name throws(Missing) in try secret(name) }
            return (try secret(channel.urlVariable), authorization.map { [("Authorization", $0)] } ?? [])
        }
    }

    private func secret(_ variable: String?) throws(Missing) -> String {
        guard let variable else { throw Missing(description: "the channel names no variable for its address") }
        guard let secret = secrets[variable] else { throw Missing(description: "\(variable) is not set") }
        return secret
    }

    public var description: String { "\(secrets.count) variables" }

    public var debugDescription: String { description }

    public var customMirror: Mirror { Mirror(self, children: []) }
}
