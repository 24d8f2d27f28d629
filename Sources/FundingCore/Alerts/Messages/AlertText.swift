import Foundation

/// A message in words: a headline and a line an alert, without any markup.
struct AlertText: Hashable, Sendable {
    var headline: String
    var lines: [String]

    init(_ message: AlertMessage) {
        let first = message.decisions[0]
        let count = message.decisions.count
        let what = count == 1 ? "" : " (\(count))"
        headline = first.kind == .ended ? "\(first.rule): ended\(what)" : "\(first.rule)\(what)"
        lines = message.decisions.map(\.line)
    }

    /// The text within a length: lines that do not fit are counted instead.
    /// - Parameters:
    ///   - length: of a piece, as the receiver counts.
    ///   - escape: applied to each piece, so that nothing is cut in the middle of an escape.
    func text(
        within limit: Int, length: (String) -> Int, headline mark: (String) -> String = { $0 },
        escape: (String) -> String
    ) -> String {
        var text = mark(escape(headline.cut(to: Self.longestLine)))
        for (index, line) in lines.enumerated() {
            let rest = lines.count - index
            let next = "\n" + escape(line.cut(to: Self.longestLine))
            let reserve = rest > 1 ? length(Self.more(rest)) : 0
            guard length(text) + length(next) + reserve <= limit else { return text + Self.more(rest) }
            text += next
        }
        return text
    }

    /// Longer names than this are no names.
    private static let longestLine = 400

    private static func more(_ count: Int) -> String { "\n… and \(count) more" }
}

extension String {
    fileprivate func cut(to length: Int) -> String { count <= length ? self : prefix(length - 1) + "…" }
}

extension AlertDecision {
    /// What happened, for people.
    fileprivate var line: String {
        switch subject {
        case .pair(let long, let short):
            return "\(long.baseAsset): long \(long.name), short \(short.name)"
                + told([
                    values.spreadAPR.map { "\($0.fixed(2)) % a year" },
                    values.spreadNetAPR.map { "\($0.fixed(2)) % after fees" },
                    values.spreadZScore.map { "z \($0.fixed(2))" },
                ])
        case .contract(let contract):
            return "\(contract.baseAsset): \(contract.name)"
                + told([
                    values.fundingRate.map { "\(($0 * 100).fixed(4)) % per interval" },
                    values.apr.map { "\($0.fixed(2)) % a year" }, values.zScore.map { "z \($0.fixed(2))" },
                ])
        case .exchange(let exchange):
            return exchange.rawValue + told([values.exchangeAge.map { "nothing new for \($0.fixed(0)) s" }])
        case .change(let contract, _):
            return "\(contract.baseAsset): \(contract.name)" + told(change.map(Self.differences) ?? [])
        }
    }

    private func told(_ facts: [String?]) -> String {
        let known = facts.compactMap { $0 }
        return known.isEmpty ? "" : ": " + known.joined(separator: ", ")
    }

    private static func differences(_ change: TermsChange) -> [String?] {
        change.kinds.map { kind in
            switch kind {
            case .listed, .delisted, .relisted: return kind.rawValue
            case .interval: return "interval \(change.before?.interval.description ?? "?") → \(change.after.interval)"
            case .denomination:
                return "units \(change.before?.denomination.shortest ?? "?") → \(change.after.denomination.shortest)"
            case .limits:
                let (before, after) = (change.before, change.after)
                return
                    "limits \(limits(before?.rateFloor, before?.rateCap)) → \(limits(after.rateFloor, after.rateCap))"
            }
        }
    }

    private static func limits(_ floor: Double?, _ cap: Double?) -> String {
        let percent = { (rate: Double?) in rate.map { "\(($0 * 100).fixed(4)) %" } ?? "none" }
        return "\(percent(floor)) to \(percent(cap))"
    }
}

extension AlertContract {
    fileprivate var name: String { "\(exchange.rawValue) \(symbol)" }
}

extension Double {
    fileprivate func fixed(_ digits: Int) -> String { String(format: "%.\(digits)f", self) }

    fileprivate var shortest: String { self == rounded() && abs(self) < 1e15 ? String(Int(self)) : "\(self)" }
}
