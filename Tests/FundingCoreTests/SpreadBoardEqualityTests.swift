import Foundation
import Testing

@testable import FundingCore

/// A board that followed events is what a full scan of the last readings gives, whatever happened in which order.
struct SpreadBoardEqualityTests {
    /// What a board was told: enough to scan everything anew.
    private struct World {
        var board = SpreadBoard(policy)
        var rates: [Int: LiveRate] = [:]
        var facts: [Int: ContractFacts] = [:]
        var now = SpreadSample.start
        /// Built of the changes alone, as a table is.
        var table: [FundingSpread.Key: FundingSpread] = [:]

        /// Few zeros are suspect, so that feeds tip over and back.
        static let policy = {
            var policy = SpreadPolicy()
            policy.suspectZeroCount = 4
            policy.intervalChangeHours = 0.05
            return policy
        }()

        func fullScan() -> SpreadBoard {
            var board = SpreadBoard(Self.policy)
            board.update(rates.values.shuffled(), at: now) { Self.staleAfter($0) }
            board.learn(facts, at: now)
            return board
        }

        static func staleAfter(_ feed: FeedID) -> TimeInterval { feed == "e" ? 40 : 90 }

        mutating func takeChanges() {
            let changes = board.takeChanges()
            for spread in changes.removed { #expect(table.removeValue(forKey: spread.key) != nil) }
            for spread in changes.added { #expect(table.updateValue(spread, forKey: spread.key) == nil) }
            for spread in changes.updated {
                let old = table.updateValue(spread, forKey: spread.key)
                #expect(old != nil && old != spread)
            }
        }
    }

    private static let exchanges: [ExchangeID] = ["a", "b", "c", "d", "e"]

    @Test(arguments: 1...30)
    func incrementalEqualsAFullScanAfterAnySequence(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var world = World()
        for step in 1...400 {
            world.now += .random(in: 0...6, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<7:
                let batch = (0..<Int.random(in: 1...25, using: &random)).map { _ in Self.reading(&random, at: world.now)
                }
                for rate in batch { world.rates[rate.id] = rate }
                world.board.update(batch, at: world.now) { World.staleAfter($0) }
            case 7:
                let gone = world.rates.keys.sorted().filter { _ in Int.random(in: 0..<8, using: &random) == 0 }
                for id in gone { world.rates[id] = nil }
                world.board.remove(gone, at: world.now)
            case 8:
                let id = Int.random(in: 0..<60, using: &random)
                let facts = ContractFacts(
                    rateCap: 0.001, rateFloor: -0.001,
                    intervalChangedAt: Bool.random(using: &random) ? world.now : nil,
                    settledPoints: [nil, 5, 50].randomElement(using: &random)!)
                world.facts[id] = facts
                world.board.learn([id: facts], at: world.now)
            default: break
            }
            world.board.advance(to: world.now)
            if step % 7 == 0 { world.takeChanges() }
            guard step % 20 == 0 else { continue }
            let expected = world.fullScan()
            #expect(Set(world.board.spreads) == Set(expected.spreads))
            #expect(world.board.contractCount == expected.contractCount)
        }
        world.takeChanges()
        #expect(world.table == Dictionary(uniqueKeysWithValues: world.board.spreads.map { ($0.key, $0) }))
        #expect(!world.table.isEmpty)
    }

    @Test func theOrderOfReadingsOfOneMomentDoesNotMatter() {
        var random = SeededGenerator(seed: 77)
        let now = SpreadSample.start
        var rates: [Int: LiveRate] = [:]
        for _ in 0..<300 {
            let rate = Self.reading(&random, at: now)
            rates[rate.id] = rate
        }
        let whole = Set(SpreadSample.board(Array(rates.values)).spreads)
        for _ in 0..<10 {
            var board = SpreadBoard()
            for rate in rates.values.shuffled(using: &random) {
                // Told three times over, as a bus may.
                for _ in 1...3 { board.update([rate], at: now) { _ in Freshness.staleAfter } }
            }
            #expect(Set(board.spreads) == whole)
            #expect(board.takeChanges().added.count == whole.count)
        }
    }

    /// Sixty contracts of twelve assets on five exchanges, which now and then change what they are.
    private static func reading(_ random: inout SeededGenerator, at now: Date) -> LiveRate {
        let id = Int.random(in: 0..<60, using: &random)
        let isRare = Int.random(in: 0..<25, using: &random) == 0
        return SpreadSample.rate(
            id, exchanges[id % 5], asset: "A\(isRare ? (id + 5) / 5 : id / 5)",
            quote: id % 7 == 0 ? "EURC" : "USDT", market: isRare ? .stock : .crypto,
            rate: [0, 0.0001, -0.0001, Double.random(in: -0.002...0.002, using: &random)].randomElement(
                using: &random)!,
            every: [.hourly, .eightHours].randomElement(using: &random)!,
            mark: [nil, 100, 100.5, 102, 130].randomElement(using: &random)!,
            interest: [nil, 0, 5e4, 3e6].randomElement(using: &random)!,
            at: now.timeIntervalSince(SpreadSample.start) - .random(in: 0...60, using: &random),
            isActive: Int.random(in: 0..<15, using: &random) != 0
        )
    }
}
