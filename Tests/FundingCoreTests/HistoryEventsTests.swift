import Foundation
import FundingCore
import FundingJSON
import Testing

@Suite struct HistoryEventsTests {
    private let settlements = SettlementsEvent(
        feed: "binance-usdm", exchange: "binance", exchangeName: "\"Bi\\nance\"\n", writtenAt: moment(8, 0.125),
        written: [
            .init(symbol: "币安人生USDT", baseAsset: "币安人生", from: moment(0), to: moment(8), count: 2),
            .init(symbol: "BTCUSDT", baseAsset: "BTC", from: moment(8), to: moment(8), count: 1),
        ]
    )
    private let backfill = BackfillEvent(
        jobID: 7, status: .processing, observedAt: moment(8, 0.25), message: "二",
        exchanges: [
            .init(
                id: "bybit", name: "Bybit", status: .processing, symbolsDone: 3, symbolsTotal: 500, rows: 270,
                requests: 4, missing: 5, etaSeconds: 61.5
            ),
            .init(
                id: "kucoin", name: "KuCoin", status: .error, symbolsDone: 1, symbolsTotal: 9, rows: 30, requests: 2,
                etaSeconds: nil, message: "refused"
            ),
        ]
    )

    @Test func theyHaveChannelsOfTheirOwn() {
        #expect(Channels.settlements == "funding:settlements")
        #expect(Channels.backfill == "funding:backfill")
    }

    @Test func settlementsSurviveTheirWireForm() throws {
        #expect(try SettlementsEvent(wire: settlements.encoded()) == settlements)
        var empty = settlements
        empty.written = []
        #expect(try SettlementsEvent(wire: empty.encoded()) == empty)
    }

    @Test(arguments: BackfillEvent.Status.allCases)
    func progressSurvivesItsWireForm(status: BackfillEvent.Status) throws {
        var event = backfill
        event.status = status
        event.exchanges[1].status = status
        #expect(try BackfillEvent(wire: event.encoded()) == event)
        event.message = nil
        event.exchanges = []
        #expect(try BackfillEvent(wire: event.encoded()) == event)
    }

    @Test func progressCarriesTheSums() throws {
        let root = try JSONDocument(backfill.encoded()).root
        #expect(root["symbols_done"]?.int == 4)
        #expect(root["symbols_total"]?.int == 509)
        #expect(root["rows"]?.int == 300)
        #expect(root["requests"]?.int == 6)
        // As long as the slowest.
        #expect(root["eta_seconds"]?.double == 61.5)
        #expect(root["exchanges"]?[1]?["eta_seconds"]?.isNull == true)
    }

    @Test(arguments: [
        ("\"v\":1", "\"v\":2", "version 1"), ("\"type\":\"settlements\"", "\"type\":\"rates\"", "version 1"),
        ("\"feed\":\"binance-usdm\"", "\"feed\":1", "feed"), ("\"ts\":\"2", "\"ts\":\"x2", "ts"),
        ("\"count\":2", "\"count\":2.5", "count"), ("\"symbol\":\"BTCUSDT\",", "", "symbol"),
        ("\"written\":[", "\"written\":1,\"x\":[", "written"), ("\"from\":\"2", "\"from\":\"x2", "from"),
        ("\"exchange_id\":", "\"x\":", "exchange_id"), ("\"base_asset\":", "\"x\":", "base_asset"),
        ("\"to\":", "\"x\":", "to"),
    ])
    func malformedSettlementsNameTheField(good: String, bad: String, field: String) throws {
        let wire = String(decoding: settlements.encoded(), as: UTF8.self)
        try #require(wire.contains(good))
        let error = #expect(throws: EventError.self) {
            try SettlementsEvent(wire: Array(wire.replacing(good, with: bad).utf8))
        }
        #expect(error?.description.contains(field) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        ("\"v\":1", "\"v\":2", "version 1"), ("\"type\":\"backfill\"", "\"type\":\"rates\"", "version 1"),
        ("\"job_id\":7", "\"job_id\":\"7\"", "job_id"), ("\"status\":\"processing\"", "\"status\":\"idle\"", "status"),
        ("\"symbols_total\":500", "\"symbols_total\":null", "symbols_total"),
        ("\"eta_seconds\":61.5", "\"eta_seconds\":\"soon\"", "eta_seconds"),
        ("\"message\":\"refused\"", "\"message\":5", "message"), ("\"exchanges\":", "\"x\":", "exchanges"),
        ("\"rows\":270", "\"rows\":0.5", "rows"), ("\"requests\":2", "\"requests\":-0.5", "requests"),
    ])
    func malformedProgressNamesTheField(good: String, bad: String, field: String) throws {
        let wire = String(decoding: backfill.encoded(), as: UTF8.self)
        try #require(wire.contains(good))
        let error = #expect(throws: EventError.self) {
            try BackfillEvent(wire: Array(wire.replacing(good, with: bad).utf8))
        }
        #expect(error?.description.contains(field) == true, "\(error?.description ?? "")")
    }

    private func part(_ status: BackfillEvent.Status, done: Int = 0, of total: Int = 0) -> BackfillEvent.Exchange {
        BackfillEvent.Exchange(
            id: "bybit", name: "ByBit", status: status, symbolsDone: done, symbolsTotal: total, rows: 0, requests: 0)
    }

    @Test func onlyWhatHasEndedIsWhole() {
        func progress(_ status: BackfillEvent.Status, _ parts: [BackfillEvent.Exchange]) -> Int {
            BackfillEvent(jobID: 1, status: status, observedAt: Date(), exchanges: parts).progress
        }
        #expect(progress(.processing, [part(.completed, done: 4, of: 4), part(.pending, of: 4)]) == 50)
        #expect(progress(.processing, [part(.completed, done: 4, of: 4)]) == 99, "something is still done with them")
        #expect(progress(.processing, []) == 0)
        #expect(progress(.completed, []) == 100)
        #expect(progress(.cancelled, [part(.cancelled, done: 1, of: 4)]) == 25)
        #expect(part(.pending).progress == 0 && part(.noData).progress == 100)
    }

    private static let merged: [(parts: [BackfillEvent.Status], whole: BackfillEvent.Status)] = [
        ([], .pending), ([.pending, .pending], .pending), ([.completed, .pending], .processing),
        ([.completed, .noData], .completed), ([.noData], .noData), ([.completed, .error, .processing], .error),
        ([.cancelled, .completed], .cancelled), ([.uploadFailed, .processing], .uploadFailed),
    ]

    @Test(arguments: merged)
    func ofFeedsTakenTogetherTheWorstIsTold(parts: [BackfillEvent.Status], whole: BackfillEvent.Status) {
        #expect(BackfillEvent.Status(of: parts) == whole)
    }
}
