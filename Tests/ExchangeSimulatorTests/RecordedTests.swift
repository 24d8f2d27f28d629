import Foundation
import Testing

@testable import ExchangeSimulator

@Suite(.enabled(if: Recordings.areExpected, Recordings.absence))
struct RecordedTests {
    private func simulator() throws -> Simulator {
        let recorded = try RecordedExchange(folder: Recordings.folder.path)
        return Simulator(
            source: .recordings(recorded), exchanges: PlayedExchanges.all, enforcesLimits: false, at: Stage.now
        )
    }

    @Test func everyEntryAnswersItsFileByteByByte() throws {
        var simulator = try simulator()
        let folder = Recordings.folder
        for entry in RecordingIndex.all {
            let body = entry.fields.map { #""\#($0.key)":"\#($0.value)""# }.joined(separator: ",")
            let request =
                entry.method == "GET"
                ? SimulatedRequest("GET", entry.path, query: entry.fields)
                : SimulatedRequest("POST", entry.path, body: "{\(body)}")
            let answer = simulator.answer(request, to: entry.feed, at: SimulatedTime(Stage.now))
            let recorded = try Data(contentsOf: folder.appending(path: entry.file))
            #expect(answer?.status == 200, "\(entry)")
            #expect(answer?.body == Array(recorded), "\(entry)")
        }
    }

    @Test func everyRecordedRestBodyOfTheseFeedsIsReachable() throws {
        let folder = Recordings.folder
        let unreachable: Set = [
            "usdm_exchange_info.json", "meta_perp_nulls.json", "contracts_active__2025.json",
            "coinm_exchange_info.json", "exchange_info_docs.json", "markets__2025.json", "tickers__pf_2025.json",
            "drift_contracts_legacy.json", "drift_stats_markets_ccxt.expected.json",
        ]
        for exchange in [
            "binance", "kucoin", "bybit", "hyperliquid", "lighter", "deribit", "aster", "mexc", "backpack", "kraken",
            "drift", "pacifica", "hibachi", "dydx", "edgex", "apex",
        ] {
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: exchange).path) {
                guard name.hasSuffix(".json"), !name.hasPrefix("ws_"), !name.hasPrefix("error_"),
                    !unreachable.contains(name)
                else { continue }
                #expect(RecordingIndex.all.contains { $0.file == "\(exchange)/\(name)" }, "\(exchange)/\(name)")
            }
        }
    }

    @Test(arguments: [
        ("bybit", "/v5/market/instruments-info", ["category": "inverse"]),
        ("binance-usdm", "/fapi/v1/openInterest", ["symbol": "ETHUSDT"]),
        ("deribit", "/api/v2/public/get_book_summary_by_currency", ["currency": "ETH"]),
        ("lighter", "/api/v1/fundings", ["market_id": "2"]),
    ])
    func whatWasNotRecordedIsNotFound(feed: String, path: String, query: [String: String]) throws {
        var simulator = try simulator()
        let request = SimulatedRequest("GET", path, query: query)
        let answer = simulator.answer(request, to: feed, at: SimulatedTime(Stage.now))
        #expect(answer?.status == 404)
    }

    @Test func aMissingFolderIsNamed() {
        #expect(throws: RecordedExchange.Unreadable.self) { try RecordedExchange(folder: "/nonexistent") }
    }
}
