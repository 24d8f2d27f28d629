/// How urgent a request is to the one who asks.
public enum RequestUrgency: String, Sendable {
    /// Rates, now.
    case live
    /// What fills in: history, open interest contract by contract. It gets what live requests leave.
    case background
}

/// How an exchange's "2400 weight a minute" is kept: in no stretch of time of that length is more than the allowance sent.
///
/// Exchanges count in windows that begin with the minute, or with the first request, or that slide, and by their own
/// clocks. What holds for every stretch of time holds for each of these, and no two clocks have to agree. Weight is kept
/// in cells of a sixtieth of the window and counted until its whole cell has left it, so that up to a sixtieth more than
/// the window is looked at.
///
/// Live requests may take the allowance at once. Background requests go at an even pace and leave as much as live
/// requests have lately needed within a window: to a backfill that runs alone that is nothing, beside a collector its
/// polls, from its first request on.
public struct RequestWindow: Sendable {
    /// Whether a request may go now.
    public enum Decision: Equatable, Sendable {
        case granted
        case wait(Duration)
    }

    /// The figures of the policy. `BudgetLedger`s that keep windows elsewhere go by the same.
    public enum Terms {
        /// The parts that a window is counted in.
        public static let cells = 60
        /// How far background requests may lag behind their even pace and make up for it, in windows: a request that
        /// was woken late costs no throughput.
        public static let lag = 0.1
        /// What live requests needed is remembered for so many windows, and these seconds more: some polls.
        public static let rememberedWindows = 4.0
        public static let rememberedSeconds = 120.0
        /// The part of the allowance that live requests can keep from background ones at the most: else a busy collector
        /// would end all history.
        public static let liveShare = 0.8
    }

    private struct Cell {
        let index: Int
        var weight = 0.0
        var live = 0.0
    }

    /// Sums of binary fractions are as exact as that.
    private static let rounding = 1e-9

    /// In weight.
    public let allowance: Double
    /// In seconds, as are all times here; they count from `start`.
    private let window: Double
    private let start: ContinuousClock.Instant
    /// Ascending; those that still count.
    private var cells: [Cell] = []
    /// The most that live requests have wanted within a window lately, and when that was.
    private var need = 0.0
    private var neededAt = 0.0
    /// When the next background request is due.
    private var pace = -Double.infinity

    public init(allowing allowance: Double, per window: Duration, at now: ContinuousClock.Instant) {
        precondition(allowance > 0 && window > .zero, "A window needs a length and an allowance above zero.")
        self.allowance = allowance
        self.window = window / .seconds(1)
        start = now
    }

    /// Takes `weight` if it is there, else says when to ask again. A weight above the whole allowance is granted to who
    /// comes to an empty window.
    public mutating func take(_ weight: Double = 1, _ urgency: RequestUrgency, at instant: ContinuousClock.Instant)
        -> Decision
    {
        let now = seconds(instant)
        forget(at: now)
        let live = cells.reduce(0) { $0 + $1.live }
        let used = cells.reduce(0) { $0 + $1.weight }
        if now > neededAt + remembered { (need, neededAt) = (live, now) }
        switch urgency {
        case .live:
            // Also while it has to wait, so that what fills in makes room.
            if live + weight >= need { (need, neededAt) = (live + weight, now) }
            guard used == 0 || used + weight <= allowance + Self.rounding else {
                return wait(at: now, for: used + weight - allowance) { $0.weight }
            }
        case .background:
            let kept = min(need, allowance * Terms.liveShare)
            pace = max(pace, now - Terms.lag * window)
            guard pace <= now else { return .wait(.seconds(pace - now)) }
            let room = allowance - max(kept, live)
            guard used == 0 || used - live + weight <= room + Self.rounding else {
                return wait(at: now, for: used - live + weight - room) { $0.weight - $0.live }
            }
            pace += weight / (allowance - kept) * (window + cell)
        }
        add(weight, live: urgency == .live ? weight : 0, at: now)
        return .granted
    }

    /// Takes in what the exchange says has been used of its running window, by whatever program at our address. What
    /// that is more than we know of counts from now on; that it is less says nothing, for its window may be young.
    public mutating func take(upTo used: Double, at instant: ContinuousClock.Instant) {
        let now = seconds(instant)
        forget(at: now)
        let known = cells.reduce(0) { $0 + $1.weight }
        if used > known { add(used - known, live: 0, at: now) }
    }

    // MARK: - Cells

    private var cell: Double { window / Double(Terms.cells) }

    private var remembered: Double { Terms.rememberedWindows * window + Terms.rememberedSeconds }

    private func seconds(_ instant: ContinuousClock.Instant) -> Double { (instant - start) / .seconds(1) }

    private mutating func add(_ weight: Double, live: Double, at now: Double) {
        // A clock that stepped back goes on where it was.
        let index = max(Int((now / cell).rounded(.down)), cells.last?.index ?? .min)
        if cells.last?.index != index { cells.append(Cell(index: index)) }
        cells[cells.count - 1].weight += weight
        cells[cells.count - 1].live += live
    }

    private mutating func forget(at now: Double) {
        let first = Int((now / cell).rounded(.down)) - Terms.cells
        cells.removeAll { $0.index < first }
    }

    /// Until cells have left that hold as much as is wanted; as far as they do not, until all have.
    private func wait(at now: Double, for wanted: Double, of part: (Cell) -> Double) -> Decision {
        var freed = 0.0
        let last = cells.first { cell in
            freed += part(cell)
            return freed + Self.rounding >= wanted
        }
        let end = Double((last ?? cells.last).map { $0.index + Terms.cells + 1 } ?? 0) * cell
        return .wait(.seconds(max(end - now, 0.001)))
    }
}
