import Foundation
import FundingCore
import FundingStore
import TestSupport
import Testing

@testable import FundingScanner

@Suite(.needsServers, .timeLimit(.minutes(1)))
struct MarketFollowerTests {
    private let sample = SampleFeed()

    @Test func itBeginsWithTheTablesAndFollowsEvents() async throws {
        try await ScannerStage.with { stage in
            try await stage.write(sample, sample.poll([sample.snapshot(), sample.snapshot("ETHUSDT")]), isTold: false)
        } _: { stage in
            #expect(stage.heard.market.rates["bybit"]?.keys.sorted() == ["BTCUSDT", "ETHUSDT"])
            let ids = Set(stage.heard.market.allRates.map(\.id))
            #expect(ids.count == 2, "each contract has its key")

            try await stage.write(
                sample,
                sample.poll([sample.snapshot(rate: 0.0005, at: 30), sample.snapshot("ETHUSDT", at: 30)], at: 30))
            try await eventually { stage.heard.changes.contains { $0.changed.map(\.symbol) == ["BTCUSDT"] } }
            let rates = try #require(stage.heard.market.rates["bybit"])
            #expect(rates["BTCUSDT"]?.fundingRate == 0.0005)
            #expect(rates["ETHUSDT"]?.observedAt == sample.start.addingTimeInterval(30))
        }
    }

    @Test func aMissedEventIsHealedByTheNext() async throws {
        try await ScannerStage.with { stage in
            try await stage.write(sample, sample.poll([sample.snapshot(), sample.snapshot("ETHUSDT")]), isTold: false)
        } _: { stage in
            try await stage.write(sample, sample.poll([sample.snapshot(rate: 0.0002, at: 30)], at: 30), isTold: false)
            try await stage.write(
                sample, sample.poll([sample.snapshot("ETHUSDT", rate: 0.0003, at: 60)], at: 60))
            try await eventually { stage.heard.market.feeds["bybit"]?.sequence == 3 }
            let rates = try #require(stage.heard.market.rates["bybit"])
            #expect(rates.mapValues(\.fundingRate) == ["BTCUSDT": 0.0002, "ETHUSDT": 0.0003])
        }
    }

    @Test func whatNoEventTellsOfIsFoundByLookingAtPostgres() async throws {
        try await ScannerStage.with { stage in
            try await stage.write(sample, sample.poll([sample.snapshot()]), isTold: false)
        } _: { stage in
            let every4 = try #require(FundingInterval(hours: 4))
            try await stage.write(
                sample, sample.poll([sample.snapshot(every: every4, at: 30)], at: 30), isTold: false)
            try await eventually(within: .seconds(15)) {
                stage.heard.market.rates["bybit"]?["BTCUSDT"]?.interval == every4
            }
        }
    }

    @Test func eachChangeOfTermsComesOnceWhetherToldOnceThriceOrNever() async throws {
        // Terms are dated by their polls: what is older than the follower is history.
        let sample = SampleFeed(start: Date(timeIntervalSince1970: (Date().timeIntervalSince1970 + 60).rounded()))
        try await ScannerStage.with { stage in
            try await stage.write(SampleFeed(), SampleFeed().poll([SampleFeed().snapshot()]), isTold: false)
        } _: { stage in
            #expect(stage.heard.terms.isEmpty)
            let hourly = try await stage.write(sample, sample.poll([sample.snapshot(every: .hourly)]), isTold: false)
            let told = try #require(hourly.contracts)
            for _ in 1...3 { try await stage.publish(told) }
            try await stage.write(
                sample, sample.poll([sample.snapshot(every: .eightHours, at: 1)], at: 1), isTold: false)
            try await eventually(within: .seconds(15)) { stage.heard.terms.count == 2 }
            #expect(stage.heard.terms.map { $0.changes.map(\.kinds) } == [[[.interval]], [[.interval]]])
            #expect(stage.heard.terms.first == told)
            #expect(stage.heard.terms.last?.changes.first?.before?.interval == .hourly)
        }
    }

    @Test func newContractsAndSettlementsAreHandedOn() async throws {
        try await ScannerStage.with { stage in
            try await stage.write(sample, sample.poll([sample.snapshot()]), isTold: false)
        } _: { stage in
            try await stage.write(
                sample, sample.poll([sample.snapshot(at: 30), sample.snapshot("NEWUSDT", at: 30)], at: 30))
            try await eventually { stage.heard.market.rates["bybit"]?["NEWUSDT"] != nil }
            let settled = SettlementsEvent(
                feed: sample.feed, exchange: sample.exchange, exchangeName: sample.exchangeName,
                writtenAt: sample.start,
                written: [
                    .init(symbol: "BTCUSDT", baseAsset: "BTC", from: sample.start, to: sample.start, count: 1)
                ])
            try await stage.publish(settled)
            try await eventually { stage.heard.settlements == [settled] }
        }
    }
}
