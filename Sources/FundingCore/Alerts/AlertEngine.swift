public import Foundation

/// Decides what is told: rules, how it stands between each rule and each subject, and what was told in the last hour.
///
/// An alert fires when its condition *becomes* true, once an episode. The engine opens and sends nothing: whoever holds it
/// stores what an evaluation brought in one transaction before anything is sent, and starts again from what was stored.
/// The same engine runs live and over the past.
public struct AlertEngine: Sendable {
    private struct Key: Hashable {
        /// The rule's place among `rules`.
        var rule: Int
        var subject: AlertSubject
    }

    /// What was last heard of a subject.
    private struct News {
        var values = AlertValues()
        var change: TermsChange?
    }

    private let rules: [ActiveRule]
    private var states: [Key: AlertState] = [:]
    /// States whose next step may come by time alone.
    private var waiting: [Key: News] = [:]
    /// When each rule sent a message, within the last hour.
    private var sent: [[Date]]

    /// The time over which a rule's messages are counted.
    public static let countedTime: TimeInterval = 3600
    /// A change of terms is news for that long: longer than any quiet hours.
    public static let newsAge: TimeInterval = 86_400

    /// - Parameters:
    ///   - states: what was stored; those of other rules, and of other revisions of these, are left out.
    ///   - sent: when each rule sent its messages of the last hour.
    public init(
        _ settings: AlertSettings, states: [AlertOutcome.StateChange] = [], sent: [String: [Date]] = [:], at now: Date
    ) {
        let named = settings.isEnabled ? settings.rules.sorted { $0.key < $1.key } : []
        rules = named.map { ActiveRule($0, $1, quietHours: settings.quietHours) }
        self.sent = rules.map { sent[$0.name] ?? [] }
        let places = Dictionary(uniqueKeysWithValues: rules.enumerated().map { ($1.name, $0) })
        for stored in states {
            guard let place = places[stored.rule], rules[place].revision == stored.ruleRevision else { continue }
            let key = Key(rule: place, subject: stored.subject)
            var state = stored.state
            if rules[place].level != nil, state.phase != .calm {
                // What it is now, nobody has said yet.
                state.unknownSince = now
                waiting[key] = News()
            }
            self.states[key] = state
        }
    }

    /// Whether any rule looks at what one of these kinds looks at: what nobody looks at need not be fed.
    public func looks(at kinds: Set<AlertKind>) -> Bool { rules.contains { kinds.contains($0.rule.kind) } }

    /// The pairs of which something is or may become true: whoever tells of all pairs says by leaving them out that
    /// nothing is known of them.
    public var openPairs: Set<AlertSubject> {
        Set(
            states.lazy.filter { $1.phase != .calm }.map(\.key.subject).filter { subject in
                if case .pair = subject { true } else { false }
            })
    }

    /// Takes in what is new and what the time has brought.
    /// - Parameter now: what is older than a state is not believed.
    public mutating func evaluate(_ inputs: [AlertInput], at now: Date) -> AlertOutcome {
        var outcome = AlertOutcome()
        var due: [Key: News] = [:]
        for input in inputs {
            for place in rules.indices where rules[place].isInForce(at: now) && rules[place].concerns(input.subject) {
                take(input, Key(rule: place, subject: input.subject), now, &outcome, &due)
            }
        }
        for (key, news) in waiting where rules[key.rule].isInForce(at: now) {
            look(at: key, news, now, &outcome, &due)
        }
        for (place, alerts) in Dictionary(grouping: due, by: \.key.rule).sorted(by: { $0.key < $1.key }) {
            tell(alerts, place, now, &outcome)
        }
        outcome.sort()
        tellEnds(now, &outcome)
        return outcome
    }

    // MARK: One rule and one subject

    private mutating func take(
        _ input: AlertInput, _ key: Key, _ now: Date, _ outcome: inout AlertOutcome, _ due: inout [Key: News]
    ) {
        switch input {
        case .reading(_, let values):
            look(at: key, News(values: values), now, &outcome, &due)
        case .gone:
            look(at: key, News(), now, &outcome, &due)
        case .change(.change(_, let changedAt), let change):
            let isNews = now.timeIntervalSince(changedAt) < Self.newsAge
            guard isNews, !rules[key.rule].told.isDisjoint(with: change.kinds) else { return }
            let state = states[key] ?? AlertState(phase: .active, episode: 1, since: now)
            guard states[key] == nil || state.suppression?.isPostponed == true else { return }
            states[key] = state
            due[key] = News(change: change)
        case .change: return
        }
    }

    private mutating func look(
        at key: Key, _ news: News, _ now: Date, _ outcome: inout AlertOutcome, _ due: inout [Key: News]
    ) {
        let rule = rules[key.rule]
        guard let measure = rule.rule.kind.measure, let level = rule.level else {
            if waiting[key] != nil { due[key] = news }
            return
        }
        let value = news.values[measure]
        guard states[key] != nil || value.map(level.isReached) == true else { return }
        var state = states[key] ?? AlertState(phase: .calm, episode: 0, since: .distantPast)
        let wasTold = state.isTold
        let step = state.step(value, level, for: rule.rule.minimumDuration, at: now)
        states[key] = state
        waiting[key] = state.awaitsTime ? news : nil
        switch step {
        case .none: break
        case .changed: outcome.states.append(stateChange(key))
        case .due: due[key] = news
        case .ended:
            due[key] = nil
            outcome.states.append(stateChange(key))
            if wasTold { outcome.decisions.append(decision(.ended, key, news, now)) }
        }
    }

    // MARK: Telling

    /// Tells what is due of one rule, in one message, or says why not.
    private mutating func tell(
        _ due: [(key: Key, value: News)], _ place: Int, _ now: Date, _ outcome: inout AlertOutcome
    ) {
        let rule = rules[place]
        sent[place].removeAll { now.timeIntervalSince($0) >= Self.countedTime }
        let hasRoom = sent[place].count < rule.rule.maximumPerHour
        var told: [AlertDecision] = []
        for (key, news) in due {
            guard var state = states[key] else { continue }
            let suppression = Self.suppression(of: state, rule, hasRoom: hasRoom, now)
            if let suppression {
                waiting[key] = suppression.isPostponed ? news : nil
                guard state.suppression != suppression else { continue }
                outcome.decisions.append(decision(.suppressed(suppression), key, news, now))
            } else {
                waiting[key] = nil
                told.append(decision(.fired, key, news, now))
                state.lastFiredAt = now
            }
            state.suppression = suppression
            states[key] = state
            outcome.states.append(stateChange(key))
        }
        guard !told.isEmpty else { return }
        sent[place].append(now)
        outcome.decisions += told
        outcome.messages.append(AlertMessage(told, to: rule.rule.channels))
    }

    private static func suppression(
        of state: AlertState, _ rule: ActiveRule, hasRoom: Bool, _ now: Date
    ) -> AlertSuppression? {
        if rule.isQuiet(at: now) { return .quietHours }
        if let last = state.lastFiredAt, now.timeIntervalSince(last) < rule.rule.coolDown { return .coolDown }
        return hasRoom ? nil : .rateLimit
    }

    /// One message a rule of what has ended, where that is wanted; an end wakes nobody.
    private func tellEnds(_ now: Date, _ outcome: inout AlertOutcome) {
        for rule in rules where rule.rule.tellsEnd && !rule.isQuiet(at: now) {
            let ended = outcome.decisions.filter { $0.rule == rule.name && $0.kind == .ended }
            if !ended.isEmpty { outcome.messages.append(AlertMessage(ended, to: rule.rule.channels)) }
        }
    }

    private func decision(_ kind: AlertDecision.Kind, _ key: Key, _ news: News, _ now: Date) -> AlertDecision {
        let rule = rules[key.rule]
        return AlertDecision(
            kind: kind, rule: rule.name, ruleRevision: rule.revision, ruleKind: rule.rule.kind, subject: key.subject,
            episode: states[key]?.episode ?? 0, at: now, value: rule.rule.kind.measure.flatMap { news.values[$0] },
            threshold: rule.level?.threshold, values: news.values, change: news.change)
    }

    private func stateChange(_ key: Key) -> AlertOutcome.StateChange {
        guard let state = states[key] else { preconditionFailure("A change of a state that is not there.") }
        return AlertOutcome.StateChange(
            rule: rules[key.rule].name, ruleRevision: rules[key.rule].revision, subject: key.subject, state: state)
    }
}
