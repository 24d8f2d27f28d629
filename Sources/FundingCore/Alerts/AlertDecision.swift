public import Foundation

/// What the engine has decided of one rule and subject.
public struct AlertDecision: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case fired
        /// What had fired holds no more.
        case ended
        case suppressed(AlertSuppression)
    }

    public var kind: Kind
    public var rule: String
    public var ruleRevision: String
    public var ruleKind: AlertKind
    public var subject: AlertSubject
    public var episode: Int
    public var at: Date
    /// What was compared with the threshold; nil for a change of terms, and where it ended by becoming unknown.
    public var value: Double?
    /// Nil for a change of terms.
    public var threshold: Double?
    /// Everything known of the subject at that moment.
    public var values: AlertValues
    public var change: TermsChange?

    public init(
        kind: Kind, rule: String, ruleRevision: String, ruleKind: AlertKind, subject: AlertSubject, episode: Int,
        at: Date, value: Double?, threshold: Double?, values: AlertValues, change: TermsChange?
    ) {
        self.kind = kind
        self.rule = rule
        self.ruleRevision = ruleRevision
        self.ruleKind = ruleKind
        self.subject = subject
        self.episode = episode
        self.at = at
        self.value = value
        self.threshold = threshold
        self.values = values
        self.change = change
    }

    /// The same for the same decision for good: whoever stores it refuses a second one with the same key.
    public var key: String {
        let episode = "\(rule)@\(ruleRevision)/\(subject.key)/\(episode)"
        switch kind {
        case .fired: return episode
        case .ended: return episode + "/ended"
        case .suppressed(let reason): return episode + "/" + reason.rawValue
        }
    }
}

/// What one rule has to say after one evaluation: everything that fired, or everything that ended, in one message.
public struct AlertMessage: Hashable, Sendable {
    /// All of one kind, in the order of their subjects.
    public var decisions: [AlertDecision]
    /// Names of channels.
    public var channels: [String]

    /// - Parameter decisions: at least one.
    public init(_ decisions: [AlertDecision], to channels: [String]) {
        precondition(!decisions.isEmpty, "A message without anything to say.")
        self.decisions = decisions.sorted { $0.key < $1.key }
        self.channels = channels
    }

    /// The same for the same message for good: receivers tell by it what they have received before.
    public var key: String { decisions[0].key }
}

/// What one evaluation has brought.
public struct AlertOutcome: Hashable, Sendable {
    /// Whose state is another, with the new one.
    public struct StateChange: Hashable, Sendable {
        public var rule: String
        public var ruleRevision: String
        public var subject: AlertSubject
        public var state: AlertState

        public init(rule: String, ruleRevision: String, subject: AlertSubject, state: AlertState) {
            self.rule = rule
            self.ruleRevision = ruleRevision
            self.subject = subject
            self.state = state
        }
    }

    public var decisions: [AlertDecision] = []
    public var messages: [AlertMessage] = []
    public var states: [StateChange] = []

    public init() {}

    public var isEmpty: Bool { decisions.isEmpty && states.isEmpty }

    /// In an order that does not depend on that of the inputs; of a state that changed twice the last counts.
    mutating func sort() {
        decisions.sort { $0.key < $1.key }
        let last = Dictionary(states.map { ("\($0.rule)/\($0.subject.key)", $0) }) { $1 }
        states = last.sorted { $0.key < $1.key }.map(\.value)
    }
}
