import Foundation
import FundingCore
import FundingRuntime
import FundingStore

/// Progress for people: a bar a feed on a terminal, a line a feed every ten seconds elsewhere, and a table at the end.
/// It is written to standard output, logs go to standard error.
final class ProgressScreen: Sendable {
    private static let linePause: TimeInterval = 10
    private static let barWidth = 30

    private struct State {
        /// Bars on the terminal that the next ones replace.
        var bars = 0
        var toldAt: [String: Date] = [:]
    }

    private let isTerminal: Bool
    private let write: @Sendable (String) -> Void
    private let state = Lock(State())

    init(
        isTerminal: Bool = isatty(STDOUT_FILENO) == 1, write: @escaping @Sendable (String) -> Void = ProgressScreen.out
    ) {
        self.isTerminal = isTerminal
        self.write = write
    }

    static func out(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }

    func show(_ feeds: [RunProgress.Feed], at now: Date = Date()) {
        if isTerminal { showBars(feeds, at: now) } else { showLines(feeds, at: now) }
    }

    private func showBars(_ feeds: [RunProgress.Feed], at now: Date) {
        // Back to the first bar; each line is cleared before it is written anew.
        let up = state.withLock { state in
            defer { state.bars = feeds.count }
            return state.bars
        }
        let bars = feeds.map { feed in
            let filled = Self.barWidth * feed.percent / 100
            let bar = String(repeating: "█", count: filled) + String(repeating: "·", count: Self.barWidth - filled)
            return "\u{1B}[2K\(padded(feed.counts.feed.rawValue, 14)) \(bar) \(Self.facts(of: feed, at: now))\n"
        }
        write((up > 0 ? "\u{1B}[\(up)A" : "") + bars.joined())
    }

    private func showLines(_ feeds: [RunProgress.Feed], at now: Date) {
        for feed in feeds where feed.stage == .running {
            let name = feed.counts.feed.rawValue
            let isDue = state.withLock { state in
                guard now.timeIntervalSince(state.toldAt[name] ?? .distantPast) >= Self.linePause else { return false }
                state.toldAt[name] = now
                return true
            }
            if isDue { write("\(name): \(Self.facts(of: feed, at: now))\n") }
        }
    }

    private static func facts(of feed: RunProgress.Feed, at now: Date) -> String {
        let counts = feed.counts
        var text = "\(counts.symbolsDone)/\(counts.symbolsTotal) contracts, \(counts.rowsInserted) rows"
        switch feed.stage {
        case .waiting: text += ", waiting"
        case .running:
            if let eta = counts.eta { text += ", \(duration(max(0, eta.timeIntervalSince(now)))) left" }
        case .done: text += ", done"
        case .stopped: text += ", stopped"
        }
        return text
    }

    private static func duration(_ seconds: TimeInterval) -> String {
        let seconds = Int(seconds.rounded())
        return seconds < 60 ? "\(seconds) s" : "\(seconds / 60) min \(seconds % 60) s"
    }

    /// The account of a backfill that has ended: a table, and below it why something is missing.
    func showLast(_ feeds: [RunProgress.Feed], at now: Date = Date()) {
        if isTerminal { showBars(feeds, at: now) }
        var text = "\n" + row(["feed", "contracts", "failed", "requests", "added", "changed", "missing", "state"])
        for feed in feeds {
            let counts = feed.counts
            text += row([
                counts.feed.rawValue, "\(counts.symbolsDone)/\(counts.symbolsTotal)", "\(feed.failed)",
                "\(counts.requests)", "\(counts.rowsInserted)", "\(counts.rowsUpdated)", "\(counts.missing)",
                feed.stage.rawValue,
            ])
        }
        for feed in feeds {
            if feed.stage == .stopped, let error = feed.counts.error { text += "\(feed.counts.feed): \(error)\n" }
            for failure in feed.failures { text += "\(feed.counts.feed): \(failure)\n" }
        }
        write(text)
    }

    private func row(_ cells: [String]) -> String {
        let first = padded(cells[0], 14)
        return ([first] + cells.dropFirst().map { String(repeating: " ", count: max(0, 10 - $0.count)) + $0 })
            .joined(separator: " ") + "\n"
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
