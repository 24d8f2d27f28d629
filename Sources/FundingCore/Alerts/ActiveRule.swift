public import Foundation
import FundingJSON

/// A rule in the engine, with what is derived from it once.
struct ActiveRule: Sendable {
    var name: String
    var rule: AlertRule
    /// Another condition is another rule: its episodes have nothing to do with those of the old one.
    var revision: String
    var quietHours: [QuietHours]
    var level: AlertLevel?
    var told: Set<TermsChange.Kind>

    init(_ name: String, _ rule: AlertRule, quietHours: [QuietHours]) {
        self.name = name
        self.rule = rule
        self.quietHours = rule.quietHours + quietHours
        level = rule.level
        told = rule.toldTerms
        revision = rule.revision
    }

    func isInForce(at now: Date) -> Bool { rule.isInForce(at: now) }

    func isQuiet(at now: Date) -> Bool { quietHours.contains { $0.contains(now) } }

    /// Whether the subject is of the kind that the rule looks at, and in its scope.
    func concerns(_ subject: AlertSubject) -> Bool {
        switch (rule.kind, subject) {
        case (.spreadAPR, .pair), (.spreadNetAPR, .pair), (.spreadZScore, .pair), (.fundingRate, .contract),
            (.apr, .contract), (.zScore, .contract), (.exchangeAge, .exchange), (.termsChange, .change):
            rule.scope.contains(subject)
        default: false
        }
    }
}

extension AlertRule {
    /// Whether it is on and has not expired.
    public func isInForce(at now: Date) -> Bool { isEnabled && expiresAt.map { now < $0 } ?? true }

    /// Names what makes the condition true: the kind, the level, the told terms. Whom it is told and how often is no part.
    public var revision: String {
        var writer = JSONWriter(reservingCapacity: 120)
        writer.beginArray()
        writer.value(kind.rawValue)
        writer.value(level?.direction.rawValue)
        writer.value(level?.threshold)
        writer.value(level?.rearm)
        writer.value(toldTerms.map(\.rawValue).sorted())
        writer.endArray()
        return String(writer.bytes.fnv1a, radix: 16)
    }
}

extension [UInt8] {
    /// FNV-1a of 64 bits: names a text shortly; nothing depends on its being hard to invert.
    fileprivate var fnv1a: UInt64 { reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 } }
}
