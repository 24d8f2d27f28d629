import Foundation
import FundingCore

/// What truly happened to a contract: the oracle that history is held against.
struct FundingSchedule {
    struct Payment {
        var slot: Date
        var interval: FundingInterval
        var rate: Double
        /// Its place in the run of payments with one interval, and how many follow in it.
        var place: Int
        var following: Int
    }

    var payments: [Payment] = []
    /// When each interval began to be in force, the first long before the first payment.
    var changes: [(from: Date, interval: FundingInterval)] = []

    /// - Parameters:
    ///   - minutes: the intervals that follow each other.
    ///   - shortestRun: how many payments each has at least.
    init(
        _ minutes: [Int], from start: Date, shortestRun: Int, longestRun: Int, random: inout SeededGenerator
    ) {
        var slot = start
        for (index, interval) in minutes.compactMap(FundingInterval.init(minutes:)).enumerated() {
            changes.append((index == 0 ? start.addingTimeInterval(-864_000) : slot, interval))
            let count = Int.random(in: shortestRun...longestRun, using: &random)
            for place in 0..<count {
                slot += Double(interval.minutes) * 60
                payments.append(
                    Payment(
                        slot: slot, interval: interval, rate: Double.random(in: -0.003...0.003, using: &random),
                        place: place, following: count - place - 1
                    )
                )
            }
        }
    }

    /// Intervals in any order, at any full hour.
    static func random(_ random: inout SeededGenerator, shortestRun: Int = 4, longestRun: Int = 30) -> FundingSchedule {
        let intervals = [
            [480, 240, 60, 480, 120], [60, 480, 60], [240, 360, 720, 1440, 60], [120, 240, 480, 30, 60], [480],
        ]
        let start = Date(
            timeIntervalSince1970: Double(1_750_000_000 / 3600 + Int.random(in: 0..<5000, using: &random)) * 3600)
        return FundingSchedule(
            intervals.randomElement(using: &random)!, from: start, shortestRun: shortestRun, longestRun: longestRun,
            random: &random
        )
    }

    /// The ledger of a collector that notices a change so many seconds late.
    func ledger(late seconds: TimeInterval) -> IntervalLedger {
        IntervalLedger(changes.map { ($0.from + seconds, $0.interval) })
    }

    /// The rows as an exchange might send them: booked −0.1…+15 s from the slot, some twice, in any order.
    func rows(without missing: Set<Int> = [], random: inout SeededGenerator) -> [FundingSettlement] {
        var rows: [FundingSettlement] = []
        for (index, payment) in payments.enumerated() where !missing.contains(index) {
            let jitter = Double(Int.random(in: -100...15_000, using: &random)) / 1000
            let row = FundingSettlement("X", settledAt: payment.slot + jitter, rate: payment.rate)
            rows += Int.random(in: 0..<5, using: &random) == 0 ? [row, row] : [row]
        }
        return rows.shuffled(using: &random)
    }

    /// The payments as stored points, without some.
    func points(without missing: Set<Int> = []) -> [(time: Date, interval: FundingInterval)] {
        payments.indices.filter { !missing.contains($0) }.map { (payments[$0].slot, payments[$0].interval) }
    }

    /// From the first payment to the last.
    var window: ClosedRange<Date> { payments[0].slot...payments[payments.count - 1].slot }

    /// Single payments, none next to a change of the interval and no two close to each other.
    func singleHoles(_ random: inout SeededGenerator) -> Set<Int> {
        var holes: Set<Int> = []
        var last = -4
        for (index, payment) in payments.enumerated()
        where index - last >= 4 && payment.place >= 2 && payment.following >= 2
            && Int.random(in: 0..<3, using: &random) == 0
        {
            holes.insert(index)
            last = index
        }
        return holes
    }
}

/// A time of the 22nd of November 2026 and the days around it.
func moment(_ hours: Double, _ seconds: Double = 0) -> Date {
    Date(timeIntervalSince1970: 1_795_305_600 + hours * 3600 + seconds)
}

func every(_ hours: Double) -> FundingInterval { FundingInterval(hours: hours)! }
