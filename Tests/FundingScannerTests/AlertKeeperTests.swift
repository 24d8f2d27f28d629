import CurlDriver
import Foundation
import FundingAlerts
import FundingCore
import FundingRuntime
import FundingStore
import Logging
import PostgresDriver
import TestSupport
import Testing

@testable import FundingScanner

@Suite(.needsServers)
struct AlertKeeperTests {
    private static let sample = SampleFeed(start: Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded()))

    @Test func aRuleThatBecomesTrueIsCommittedAndANewLeaderTellsNothingAgain() async throws {
        try await withStage { stage in
            try await stage.set(#"{"alerts":{"rules":{"hot":{"kind":"apr","threshold":50}}}}"#)
            let first = try await stage.keeper()
            await first.rates([("BTCUSDT", 0.001), ("ETHUSDT", 0.0001)])
            #expect(try await stage.log() == ["hot fired contract/bybit/BTCUSDT"])
            await first.rates([("BTCUSDT", 0.0011)])
            let second = try await stage.keeper(after: first)
            await second.rates([("BTCUSDT", 0.0012)])
            await second.rates([("BTCUSDT", 0.0001)])
            await second.rates([("BTCUSDT", 0.0012), ("ETHUSDT", 0.001)])
            #expect(
                try await stage.log() == [
                    "hot fired contract/bybit/BTCUSDT", "hot ended contract/bybit/BTCUSDT",
                    "hot suppressed contract/bybit/BTCUSDT", "hot fired contract/bybit/ETHUSDT",
                ])
            await second.close()
        }
    }

    @Test func aStandbyDecidesNothing() async throws {
        try await withStage { stage in
            try await stage.set(#"{"alerts":{"rules":{"hot":{"kind":"apr","threshold":50}}}}"#)
            let leader = try await stage.keeper()
            let standby = try await stage.keeper(leads: false)
            await standby.rates([("BTCUSDT", 0.001)])
            #expect(try await stage.log().isEmpty)
            await leader.close()
            await standby.close()
        }
    }

    @Test func changedSettingsAreInForceWithTheNextUpdate() async throws {
        try await withStage { stage in
            try await stage.set(#"{"alerts":{"rules":{"hot":{"kind":"apr","threshold":500}}}}"#)
            let keeper = try await stage.keeper()
            await keeper.rates([("BTCUSDT", 0.001)])
            #expect(try await stage.log().isEmpty)
            try await stage.set(#"{"alerts":{"rules":{"hot":{"threshold":50}}}}"#)
            try await keeper.live.look()
            await keeper.tell(.beat)
            #expect(try await stage.log() == ["hot fired contract/bybit/BTCUSDT"])
            // What nobody checked is not put to use: the old settings stay.
            try await stage.pool.query("SELECT save_settings('{\"alerts\":{\"rules\":7}}', NULL, 'x', 'y')")
            try await keeper.live.look()
            #expect(keeper.live.current.settings.alerts.rules["hot"]?.threshold == 50)
            await keeper.close()
        }
    }

    @Test func aFeedThatGoesSilentIsToldByItsAgeAndItsRatesAreUnknown() async throws {
        try await withStage { stage in
            try await stage.set(
                """
                {"alerts":{"rules":{"silence":{"kind":"exchange_age","threshold":120},
                                    "hot":{"kind":"apr","threshold":50,"cooldown_seconds":0}}}}
                """)
            let keeper = try await stage.keeper()
            await keeper.rates([("BTCUSDT", 0.001)])
            await keeper.tell(.beat, after: 119)
            #expect(try await stage.log() == ["hot fired contract/bybit/BTCUSDT"])
            await keeper.tell(.beat, after: 120)
            #expect(try await stage.log().last == "silence fired exchange/bybit")
            await keeper.tell(.beat, after: 1100)
            #expect(try await stage.log().last == "hot ended contract/bybit/BTCUSDT")
            await keeper.close()
        }
    }

    @Test func scoresAreThoseOfTheStatisticsAndAnUnknownOneIsNotZero() async throws {
        try await withStage { stage in
            try await stage.set(
                #"{"alerts":{"rules":{"odd":{"kind":"zscore","direction":"below","threshold":0.5}}}}"#)
            let keeper = try await stage.keeper(scores: KnownScores(byID: [1: -3.5]))
            await keeper.rates([("BTCUSDT", 0.0001), ("ETHUSDT", 0.0001)])
            let log = try await AlertStore(stage.pool).log(limit: 10)
            #expect(log.map(\.subject.key) == ["contract/bybit/BTCUSDT"] && log[0].value == -3.5)
            await keeper.close()
        }
    }

    @Test func pairsAreHeardAsTheyAreWrittenAndAFlippedOneHasEnded() async throws {
        try await withStage { stage in
            try await stage.set(
                #"{"alerts":{"rules":{"wide":{"kind":"spread_apr","threshold":50,"cooldown_seconds":0}}}}"#)
            let keeper = try await stage.keeper()
            var board = SpreadBoard()
            #expect(await keeper.pairs(&board, here: 0, there: 0.001), "it has not begun, and wants them all then")
            await keeper.tell(.beat)
            #expect(await keeper.pairs(&board, here: 0, there: 0.0011), "it has not heard of all yet")
            #expect(try await stage.log() == ["wide fired pair/bybit/BTCUSDT/kraken/BTCUSDT"])
            #expect(await !keeper.pairs(&board, here: 0, there: 0.0012, whole: true))
            #expect(await !keeper.pairs(&board, here: 0.001, there: 0))
            #expect(
                try await stage.log() == [
                    "wide fired pair/bybit/BTCUSDT/kraken/BTCUSDT", "wide ended pair/bybit/BTCUSDT/kraken/BTCUSDT",
                    "wide fired pair/kraken/BTCUSDT/bybit/BTCUSDT",
                ])
            await keeper.close()
        }
    }

    @Test func eachChangeOfTermsIsToldOnceWhetherItIsHeardOrRead() async throws {
        try await withStage { stage in
            try await stage.set(#"{"alerts":{"rules":{"terms":{"kind":"terms_change"}}}}"#)
            try await stage.write(interval: .eightHours, at: -100)
            try await stage.write(interval: .hourly, at: -50)
            let keeper = try await stage.keeper()
            await keeper.tell(.began)
            #expect(try await stage.log().count == 1)
            let events = try await TermsStore(stage.pool).changes(since: Self.sample.start.addingTimeInterval(-60))
            for event in events + events { await keeper.tell(.terms(event)) }
            let log = try await stage.log()
            #expect(log.count == 1 && log[0].hasPrefix("terms fired change/bybit/BTCUSDT/"))
            await keeper.close()
        }
    }

    @Test(.enabled(if: WebhookReceiver.isAvailable, "FUNDING_TEST_PYTHON is not set"))
    func whatWasCommittedIsDeliveredAfterFailuresWithTheSameKey() async throws {
        let receiver = try await WebhookReceiver(["500", "429:Retry-After=1", "200"])
        try await withStage { stage in
            try await stage.set(
                """
                {"alerts":{"channels":{"ops":{"service":"webhook","url_env":"FUNDING_ALERT_OPS"}},
                           "delivery":{"base_delay_seconds":0.05,"max_delay_seconds":0.1},
                           "rules":{"hot":{"kind":"apr","threshold":50,"channels":["ops"]}}}}
                """)
            let keeper = try await stage.keeper()
            await keeper.rates([("BTCUSDT", 0.001)])
            var environment = Environment(["FUNDING_ALERT_OPS": receiver.url], file: nil)
            let fetcher = HTTPFetcher(userAgent: "test")
            let courier = AlertCourier(
                AlertStore(stage.pool), AlertSender(fetcher, ChannelAddresses(&environment)), keeper.election,
                keeper.live, Logger(label: "test"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await courier.run() }
                try await eventually {
                    try await AlertStore(stage.pool).deliveries(limit: 1).first?.status == "delivered"
                }
                group.cancelAll()
            }
            await fetcher.close()
            let entry = try #require(try await AlertStore(stage.pool).deliveries(limit: 1).first)
            #expect(entry.attempts == 3 && entry.responseCode == 200 && entry.error == nil)
            let keys = try receiver.requests().map { request in
                request.firstRange(of: "\"idempotency-key\": \"").map {
                    request[$0.upperBound...].prefix { $0 != "\"" }
                }
            }
            #expect(keys.count == 3 && Set(keys).count == 1 && keys[0].map(String.init) == entry.message)
            await keeper.close()
        }
    }

    private func withStage(_ body: (AlertKeeperStage) async throws -> Void) async throws {
        try await TemporaryDatabase.with { database in
            try await database.withPool(onConnect: { try await SnapshotStore.prepare($0) }) { pool in
                try await body(AlertKeeperStage(database: database, pool: pool, sample: Self.sample))
            }
        }
    }
}
