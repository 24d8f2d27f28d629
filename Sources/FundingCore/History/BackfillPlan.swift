public import Foundation

/// How much of a window is asked for.
public enum BackfillScope: String, Sendable {
    /// What is neither stored nor known to be empty.
    case missing
    /// Everything that is not stored, also where the exchange was asked before.
    case gaps
    /// All of it: an exchange may have revised what is stored.
    case everything
}

/// What to ask an exchange for: the parts of a window that are neither stored nor known to be empty.
public struct BackfillPlan: Hashable, Sendable {
    /// Disjoint and ascending. Each reaches a minute beyond the payments it is for, which may be booked that far from
    /// when they were due.
    public var windows: [ClosedRange<Date>]

    /// Payments stored between two gaps are asked for once more if they are this few: it costs no request of its own.
    private static let shortestRun: TimeInterval = 24 * 3600
    /// Exchanges count in milliseconds.
    private static let finest: TimeInterval = 0.001
    /// Coverage that ends and goes on so soon, in seconds, is not interrupted.
    private static let seam: TimeInterval = 1

    /// The stored payments are the cursor: after an interrupted paging, in whatever direction, only the rest is asked for.
    /// - Parameters:
    ///   - window: may be a part of the report's.
    ///   - covered: what was asked for to its end, in any order: what is missing there, the exchange did not have.
    ///   - scope: whether covered gaps are asked for again, and stored runs.
    public init(
        during window: ClosedRange<Date>, report: HistoryReport, covered: [ClosedRange<Date>], scope: BackfillScope
    ) {
        guard scope != .everything else {
            windows = report.window.map { $0.overlaps(window) ? [$0.clamped(to: window)] : [] } ?? []
            return
        }
        let known = scope == .gaps ? [] : Self.joined(covered)
        var windows: [ClosedRange<Date>] = []
        // Whether the last window ends with its gap, so that what follows it is stored.
        var endsItsGap = false
        for gap in Self.unstored(report).filter(window.overlaps).map({ $0.clamped(to: window) }) {
            let reach = gap.lowerBound - SettlementGrid.tolerance...gap.upperBound + SettlementGrid.tolerance
            let pieces = Self.pieces(of: gap, reaching: reach, without: known)
            if pieces.isEmpty { endsItsGap = false }
            for piece in pieces {
                if let last = windows.last, endsItsGap, piece.lowerBound == reach.lowerBound,
                    piece.lowerBound.timeIntervalSince(last.upperBound) < Self.shortestRun
                {
                    windows[windows.count - 1] = last.lowerBound...piece.upperBound
                } else {
                    windows.append(piece)
                }
                endsItsGap = piece.upperBound == reach.upperBound
            }
        }
        self.windows = windows
    }

    /// Where nothing is stored, all of the window: the gaps' ends are only guesses as long as no payment tells the grid.
    private static func unstored(_ report: HistoryReport) -> [ClosedRange<Date>] {
        if report.present == 0, report.status != .complete { return report.window.map { [$0] } ?? [] }
        return report.gaps.map { $0.from...$0.to }
    }

    /// What no coverage reaches of a gap.
    /// - Parameters:
    ///   - reach: the gap with its margins, which alone are not asked for.
    ///   - covered: disjoint and ascending.
    private static func pieces(
        of gap: ClosedRange<Date>, reaching reach: ClosedRange<Date>, without covered: [ClosedRange<Date>]
    ) -> [ClosedRange<Date>] {
        var pieces: [ClosedRange<Date>] = []
        var start = reach.lowerBound
        for range in covered where range.overlaps(reach) {
            let end = range.lowerBound - finest
            if end >= max(start, gap.lowerBound) { pieces.append(start...end) }
            start = range.upperBound + finest
        }
        if start <= gap.upperBound { pieces.append(start...reach.upperBound) }
        return pieces
    }

    /// The ranges in order, with those that touch made one.
    private static func joined(_ ranges: [ClosedRange<Date>]) -> [ClosedRange<Date>] {
        var joined: [ClosedRange<Date>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = joined.last, range.lowerBound.timeIntervalSince(last.upperBound) <= seam {
                joined[joined.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                joined.append(range)
            }
        }
        return joined
    }
}
