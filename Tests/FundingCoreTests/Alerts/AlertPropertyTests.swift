import Foundation
import FundingCore
import Testing

/// What must hold for any course of values.
struct AlertPropertyTests {
    private static let contracts = (0..<6).map {
        AlertContract(exchange: $0 % 2 == 0 ? "bybit" : "kraken", symbol: "C\($0)", baseAsset: "C\($0)")
    }

    /// Batches of values, a minute apart.
    private static func course(_ seed: UInt64) -> [[AlertInput]] {
        var random = SeededGenerator(seed: seed)
        return (0..<120).map { _ in
            contracts.filter { _ in Bool.random(using: &random) }.map { contract in
                Int.random(in: 0..<10, using: &random) == 0
                    ? .gone(.contract(contract))
                    : AlertStage.reading(apr: Double.random(in: 0...100, using: &random), of: contract)
            }
        }
    }

    private static func stage() -> AlertStage {
        AlertStage {
            $0.minimumDuration = 60
            $0.coolDown = 300
            $0.quietHours = [QuietHours("14:00-14:20")!]
            $0.tellsEnd = true
        }
    }

    private static func run(_ course: [[AlertInput]], restartsAt restarts: Set<Int> = []) -> AlertStage {
        var stage = stage()
        for (minute, batch) in course.enumerated() {
            if restarts.contains(minute) { stage.restart(at: Double(minute) * 60) }
            stage.feed(batch, at: Double(minute) * 60)
        }
        return stage
    }

    @Test(arguments: 1...20)
    func noEpisodeIsToldTwiceAndEpisodesFollowEachOther(seed: UInt64) {
        let told = Self.run(Self.course(seed)).messages.flatMap(\.decisions)
        #expect(!told.isEmpty && Set(told.map(\.key)).count == told.count)
        for (_, decisions) in Dictionary(grouping: told.filter { $0.kind == .fired }, by: \.subject) {
            #expect(zip(decisions, decisions.dropFirst()).allSatisfy { $0.episode < $1.episode && $0.at < $1.at })
            #expect(zip(decisions, decisions.dropFirst()).allSatisfy { $1.at.timeIntervalSince($0.at) >= 300 })
        }
    }

    @Test(arguments: 1...20)
    func theOrderAndTheRepetitionOfABatchsNewsDoNotMatter(seed: UInt64) {
        var random = SeededGenerator(seed: seed + 1000)
        let course = Self.course(seed)
        let shuffled = course.map { batch in ((batch + batch).shuffled(using: &random)) + batch.shuffled(using: &random)
        }
        let (clean, noisy) = (Self.run(course), Self.run(shuffled))
        #expect(clean.decisions == noisy.decisions && clean.messages == noisy.messages)
    }

    @Test(arguments: 1...20)
    func whatIsHeardAgainLaterChangesNothing(seed: UInt64) {
        let course = Self.course(seed)
        var stage = Self.run(course)
        let told = stage.decisions
        for (minute, batch) in course.enumerated() { stage.feed(batch, at: Double(minute) * 60) }
        let again = Set(stage.decisions.dropFirst(told.count).map(\.key))
        #expect(again.isDisjoint(with: told.map(\.key)))
        let fired = stage.decisions.filter { $0.kind == .fired }
        #expect(Set(fired.map(\.key)).count == fired.count)
    }

    /// What was stored is enough: whoever goes on tells no episode again.
    @Test(arguments: 1...20)
    func aRestartTellsNothingTwiceAndLosesNoEpisodeThatHolds(seed: UInt64) {
        var random = SeededGenerator(seed: seed + 2000)
        let restarts = Set((0..<8).map { _ in Int.random(in: 1..<120, using: &random) })
        // Without gaps in what is known, a restart at any moment makes no difference at all.
        let known = Self.course(seed).map { batch in
            batch.filter { input in
                if case .gone = input { false } else { true }
            }
        }
        let full = known.indices.map { minute in
            Self.contracts.compactMap { contract in
                known[...minute].reversed().lazy.compactMap { $0.first { $0.subject == .contract(contract) } }.first
            }
        }
        #expect(Self.run(full).decisions == Self.run(full, restartsAt: restarts).decisions)
        let told = Self.run(Self.course(seed), restartsAt: restarts).messages.flatMap(\.decisions)
        #expect(Set(told.map(\.key)).count == told.count)
    }

    @Test func anotherConditionIsAnotherRuleAndTheOldOneGoesOnWhereItWas() {
        var stage = AlertStage()
        stage.apr(60, at: 0)
        stage.settings.rules["r"]?.threshold = 55
        stage.restart(at: 10)
        stage.apr(60, at: 10)
        stage.settings.rules["r"]?.channels = ["others"]
        stage.restart(at: 20)
        stage.apr(60, at: 20)
        #expect(stage.story == ["0 fired", "10 fired"])
        #expect(stage.decisions[0].key != stage.decisions[1].key)
    }

    @Test func keysOfDifferentSubjectsDiffer() {
        let odd = AlertContract(exchange: "x", symbol: "A/B", baseAsset: "A")
        let plain = AlertContract(exchange: "x", symbol: "A%2FB", baseAsset: "A")
        let subjects: [AlertSubject] = [
            .contract(odd), .contract(plain), .pair(long: odd, short: plain), .pair(long: plain, short: odd),
            .exchange("x"), .change(odd, at: AlertStage.start), .change(odd, at: AlertStage.start + 1),
        ]
        #expect(Set(subjects.map(\.key)).count == subjects.count)
    }

    @Test func theScopeChoosesByAssetExchangeAndSymbol() {
        let (a, b, c) = (
            AlertContract(exchange: "bybit", symbol: "BTCUSDT", baseAsset: "BTC"),
            AlertContract(exchange: "kraken", symbol: "PF_XBTUSD", baseAsset: "BTC"),
            AlertContract(exchange: "drift", symbol: "ETH-PERP", baseAsset: "ETH")
        )
        #expect(AlertScope().contains(.pair(long: a, short: b)) && AlertScope().contains(.exchange("x")))
        #expect(
            AlertScope(assets: ["BTC"]).contains(.contract(a)) && !AlertScope(assets: ["BTC"]).contains(.contract(c)))
        #expect(AlertScope(exchanges: ["bybit"]).contains(.pair(long: b, short: a)))
        #expect(!AlertScope(exchanges: ["bybit", "drift"]).contains(.pair(long: b, short: a)))
        #expect(AlertScope(exchanges: ["bybit", "kraken"]).contains(.pair(long: b, short: a)))
        #expect(AlertScope(symbols: ["PF_XBTUSD"]).contains(.pair(long: a, short: b)))
        #expect(!AlertScope(symbols: ["PF_XBTUSD"]).contains(.contract(a)))
        #expect(AlertScope(assets: ["BTC"], exchanges: ["kraken"]).contains(.exchange("kraken")))
        #expect(!AlertScope(exchanges: ["kraken"]).contains(.exchange("bybit")))
    }
}
