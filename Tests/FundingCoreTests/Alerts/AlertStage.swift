import Foundation
import FundingCore

/// An engine with one rule, fed with one subject's values at seconds after a start; what it told is kept.
struct AlertStage {
    static let start = Date(timeIntervalSince1970: 1_790_000_000)
    static let contract = AlertContract(exchange: "bybit", symbol: "BTCUSDT", baseAsset: "BTC")

    var settings: AlertSettings
    private(set) var engine: AlertEngine
    private(set) var decisions: [AlertDecision] = []
    private(set) var messages: [AlertMessage] = []
    /// What a store would hold.
    private(set) var states: [String: AlertOutcome.StateChange] = [:]

    init(_ change: (inout AlertRule) -> Void = { _ in }) {
        var rule = AlertRule()
        rule.kind = .apr
        rule.threshold = 50
        rule.rearm = 40
        rule.coolDown = 0
        rule.maximumPerHour = 3600
        rule.channels = ["ops"]
        change(&rule)
        self.init(rules: ["r": rule])
    }

    init(rules: [String: AlertRule]) {
        settings = AlertSettings()
        settings.rules = rules
        engine = AlertEngine(settings, at: Self.start)
    }

    /// What was told or not, at which second: `0 fired`, `30 suppressed cooldown`.
    var story: [String] {
        decisions.map { decision in
            let second = Int(decision.at.timeIntervalSince(Self.start))
            switch decision.kind {
            case .fired: return "\(second) fired"
            case .ended: return "\(second) ended"
            case .suppressed(let reason): return "\(second) \(reason.rawValue)"
            }
        }
    }

    mutating func feed(_ inputs: [AlertInput], at second: Double) {
        let outcome = engine.evaluate(inputs, at: Self.start.addingTimeInterval(second))
        decisions += outcome.decisions
        messages += outcome.messages
        for change in outcome.states { states["\(change.rule) \(change.subject.key)"] = change }
    }

    /// The contract's APR; nil if it is not known any more.
    mutating func apr(_ value: Double?, at second: Double) {
        feed([value.map { Self.reading(apr: $0) } ?? .gone(.contract(Self.contract))], at: second)
    }

    /// The process dies and another begins with what was stored.
    mutating func restart(at second: Double) {
        let sent = Dictionary(grouping: messages, by: { $0.decisions[0].rule }).mapValues {
            $0.map { $0.decisions[0].at }
        }
        engine = AlertEngine(
            settings, states: Array(states.values), sent: sent, at: Self.start.addingTimeInterval(second))
    }

    static func reading(apr: Double, of contract: AlertContract = contract) -> AlertInput {
        var values = AlertValues()
        values.apr = apr
        return .reading(.contract(contract), values)
    }
}
