import Foundation
import FundingCore
import FundingJSON
import Testing

@Suite struct RatesEventTests {
    @Test func anyEventSurvivesItsWireFormBitByBit() throws {
        var random = SeededGenerator(seed: 8)
        for _ in 0..<300 {
            let event = try randomEvent(&random)
            let read = try RatesEvent(wire: event.encoded())
            #expect(read == event)
            for (change, original) in zip(read.changed, event.changed) {
                #expect(change.fundingRate.bitPattern == original.fundingRate.bitPattern)
                #expect(change.markPrice?.bitPattern == original.markPrice?.bitPattern)
                #expect(change.openInterest == original.openInterest)
            }
        }
    }

    @Test func anEventCarriesTheFieldNamesOfTheAPI() throws {
        var random = SeededGenerator(seed: 9)
        var event = try randomEvent(&random)
        event.changed = [try randomChange(&random)]
        event.changed[0].openInterest = .contracts(3, usd: 300)
        let root = try JSONDocument(event.encoded()).root
        #expect(root["v"]?.int == 1)
        #expect(root["type"]?.isString("rates") == true)
        let row = try #require(root["changed"]?[0])
        #expect(
            row.members.map(\.key) == [
                "symbol", "base_asset", "funding_rate", "funding_interval_hours", "apr", "mark_price", "index_price",
                "open_interest", "next_funding_time", "open_interest_raw", "open_interest_unit",
            ]
        )
        #expect(row["apr"]?.double == event.changed[0].apr)
    }

    @Test func unknownFieldsAreIgnored() throws {
        let read = try RatesEvent(wire: Array(Self.wire(extra: #","later":{"a":[1]}"#).utf8))
        #expect(read.changed.map(\.symbol) == ["BTCUSDT"])
        #expect(read.absent == ["A"])
        #expect(read.removed == ["R"])
    }

    @Test(arguments: [
        ("\"v\":1", "\"v\":2", "version 1"), ("\"type\":\"rates\"", "\"type\":\"other\"", "version 1"),
        ("\"seq\":7", "\"seq\":\"7\"", "seq"), ("\"seq\":7", "\"seq\":7.5", "seq"), ("\"seq\":7,", "", "seq"),
        ("2026-11-22T07:18:22.983Z", "yesterday", "ts"), ("\"feed\":\"f\"", "\"feed\":null", "feed"),
        ("\"exchange_id\":\"e\"", "\"exchange_id\":5", "exchange_id"), ("\"batch_id\":\"b\",", "", "batch_id"),
        ("\"changed\":[", "\"changed\":{},\"x\":[", "changed"), ("\"absent\":[\"A\"]", "\"absent\":[5]", "absent"),
        ("\"removed\":[\"R\"]", "\"removed\":\"R\"", "removed"), ("\"symbol\":\"BTCUSDT\"", "\"symbol\":1", "symbol"),
        ("\"funding_rate\":0.0001", "\"funding_rate\":\"0.0001\"", "funding_rate"),
        ("\"funding_rate\":0.0001", "\"funding_rate\":1e400", "funding_rate"),
        ("\"funding_interval_hours\":8", "\"funding_interval_hours\":0", "funding_interval_hours"),
        ("\"mark_price\":null", "\"mark_price\":\"high\"", "mark_price"),
        ("\"next_funding_time\":null", "\"next_funding_time\":12", "next_funding_time"),
    ])
    func aMalformedEventNamesTheField(good: String, bad: String, field: String) throws {
        let wire = Self.wire()
        try #require(wire.contains(good))
        let error = #expect(throws: EventError.self) {
            try RatesEvent(wire: Array(wire.replacing(good, with: bad).utf8))
        }
        #expect(error?.description.contains(field) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: ["", "{", "[]", "null", "<html>"])
    func whatIsNoEventIsRefused(text: String) {
        #expect(throws: (any Error).self) { try RatesEvent(wire: Array(text.utf8)) }
    }

    private static func wire(extra: String = "") -> String {
        """
        {"v":1,"type":"rates","seq":7,"ts":"2026-11-22T07:18:22.983Z","batch_id":"b","feed":"f","exchange_id":"e",\
        "exchange":"E","changed":[{"symbol":"BTCUSDT","base_asset":"BTC","funding_rate":0.0001,\
        "funding_interval_hours":8,"apr":10.95,"mark_price":null,"next_funding_time":null}],"absent":["A"],\
        "removed":["R"]\(extra)}
        """
    }

    private func randomEvent(_ random: inout SeededGenerator) throws -> RatesEvent {
        var changed: [RateChange] = []
        for _ in 0..<Int.random(in: 0...8, using: &random) { changed.append(try randomChange(&random)) }
        return RatesEvent(
            feed: FeedID(rawValue: "feed-\(Int.random(in: 0...9, using: &random))"), exchange: "exchange",
            exchangeName: "\"Ex\\change\"\n", sequence: Int.random(in: 0...Int.max, using: &random),
            observedAt: randomDate(&random), batchID: "2026-11-22T07:18:00Z", changed: changed,
            absent: Bool.random(using: &random) ? ["币安人生USDT", "A"] : [], removed: ["B"]
        )
    }

    private func randomChange(_ random: inout SeededGenerator) throws -> RateChange {
        RateChange(
            symbol: "币安人生USDT", baseAsset: "币安人生", fundingRate: randomDouble(&random),
            interval: try #require(FundingInterval(minutes: Int.random(in: 1...1440, using: &random))),
            markPrice: Bool.random(using: &random) ? nil : randomDouble(&random), indexPrice: randomDouble(&random),
            openInterest: randomOpenInterest(&random),
            nextFundingTime: Bool.random(using: &random) ? nil : randomDate(&random)
        )
    }

    /// Its worth, how it is counted, both or nothing.
    private func randomOpenInterest(_ random: inout SeededGenerator) -> OpenInterest? {
        let usd = Bool.random(using: &random) ? nil : randomDouble(&random)
        let raw = OpenInterest.Unit.allCases.randomElement(using: &random).flatMap { unit in
            Bool.random(using: &random) ? nil : OpenInterest.Quantity(randomDouble(&random), unit)
        }
        return usd == nil && raw == nil ? nil : OpenInterest(usd: usd, raw: raw)
    }

    /// Any finite double: every bit pattern is as likely as any other.
    private func randomDouble(_ random: inout SeededGenerator) -> Double {
        while true {
            let number = Double(bitPattern: random.next())
            if number.isFinite { return number }
        }
    }

    private func randomDate(_ random: inout SeededGenerator) -> Date {
        Date(
            timeIntervalSince1970: Double(Int.random(in: -1_000_000_000_000...4_000_000_000_000, using: &random)) / 1000
        )
    }
}
