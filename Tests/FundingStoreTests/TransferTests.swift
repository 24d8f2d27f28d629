import Foundation
import FundingCore
import PostgresDriver
import TestSupport
import Testing

@testable import FundingStore

@Suite(.needsPostgres)
struct TransferTests {
    /// What was exported from one database and imported into an empty one is exported from there byte by byte the same.
    @Test func anExportImportedIntoAnEmptyDatabaseIsExportedAlike() async throws {
        try await Bench.with { bench in
            try await bench.fill()
            try await TemporaryDatabase.with { copy in
                for kind in TransferKind.allCases {
                    let original = try await bench.database.exported(kind)
                    let rows = kind == .history ? 2000 : 40
                    let first = try await copy.importing(original, as: kind, isStrict: true, piece: 8191)
                    #expect(first.report == TransferReport(rows: rows, inserted: rows))
                    #expect(try await copy.exported(kind) == original)
                    let second = try await copy.importing(original, as: kind, isStrict: true, piece: 8191)
                    #expect(second.report == TransferReport(rows: rows, unchanged: rows))
                    #expect(try await copy.exported(kind) == original)
                }
                try await expectTheSameWorld(in: copy, as: bench)
            }
        }
    }

    private func expectTheSameWorld(in copy: TemporaryDatabase, as bench: Bench) async throws {
        try await copy.withPool(as: "funding_api") { pool in
            let (feeds, rates) = try await LiveRateStore(pool).load()
            let original = try await LiveRateStore(bench.pool).load()
            #expect(Set(rates.map(\.contract)) == Set(original.rates.map(\.contract)))
            #expect(rates.contains { $0.contract.nativeID == "native-\($0.contract.symbol)" })
            #expect(
                Set(rates.map { [$0.fundingRate, $0.markPrice ?? -1, $0.observedAt.timeIntervalSince1970] })
                    == Set(
                        original.rates.map {
                            [$0.fundingRate, $0.markPrice ?? -1, $0.observedAt.timeIntervalSince1970]
                        }))
            #expect(feeds.map(\.feed) == [bench.sample.feed])
            #expect(feeds.map(\.sequence) == [1] && rates.allSatisfy { $0.sequence == 1 })
            #expect(feeds[0].status == .waiting && feeds[0].contracts == rates.count)
            #expect(try await SnapshotStore(pool).unpublished(bench.sample.feed) == nil)
            let ledger = try await pool.query("SELECT FROM contract_terms").count
            #expect(ledger == rates.count)
        }
    }

    @Test func filtersByExchangeAndByTime() async throws {
        try await Bench.with { bench in
            try await bench.fill()
            let start = bench.sample.start
            let slice = TransferExport(
                exchanges: ["bybit"], from: start.addingTimeInterval(-7200), to: start.addingTimeInterval(-3600))
            let history = try await bench.database.exported(.history, slice)
            #expect(history.components(separatedBy: "2026-09-21T12:13:20.000000Z").count == 1 + 40)
            for kind in TransferKind.allCases {
                let nothing = try await bench.database.exported(kind, TransferExport(exchanges: ["mexc", "x'\",y"]))
                #expect(nothing == kind.header + "\n")
            }
        }
    }

    @Test func aLiveImportIsOneMorePollThatReadersFind() async throws {
        try await Bench.with { bench in
            let sample = bench.sample
            try await bench.write(sample.poll([sample.snapshot("A"), sample.snapshot("B")]))
            let rows = try await bench.database.exported(.live)
            let newer = rows.replacing("T14:13:20.000000Z,5000,", with: "T14:14:20.000000Z,5000,")
                .replacing("bybit,A,0.0001,8,10.95", with: "bybit,A,0.0002,8,21.9")
            #expect(newer != rows)
            #expect(try await bench.database.importing(newer, as: .live).report == TransferReport(rows: 2, updated: 2))
            let changes = try await LiveRateStore(bench.pool).changes(of: sample.feed, after: 1)
            #expect(changes.feeds.map(\.sequence) == [2])
            #expect(changes.feeds.map(\.observedAt) == [sample.start])
            #expect(Set(changes.rates.map(\.fundingRate)) == [0.0002, 0.0001])
            // The next poll goes on counting, and nothing waits to be published twice.
            #expect(try await bench.store.unpublished(sample.feed) == nil)
            let event = try await bench.write(
                sample.poll([sample.snapshot("A", at: 90), sample.snapshot("B", at: 90)], at: 90))
            #expect(event.sequence == 3 && event.changed.map(\.symbol) == ["A"])
        }
    }

    @Test func contractsOfAnEarlierBuildHaveNoNumberAndTakeNoneAway() async throws {
        try await Bench.with { bench in
            try await bench.write(bench.sample.poll([bench.sample.snapshot("A")]))
            let known = try await bench.database.exported(.contracts)
            let earlier = known.replacing(",native_id\n", with: "\n").replacing(",native-A\n", with: "\n")
            #expect(earlier.count == known.count - ",native_id,native-A".count)
            let report = try await bench.database.importing(earlier, as: .contracts, isStrict: true).report
            #expect(report == TransferReport(rows: 1, unchanged: 1))
            #expect(try await bench.database.exported(.contracts) == known)
            try await TemporaryDatabase.with { copy in
                _ = try await copy.importing(earlier, as: .contracts, isStrict: true)
                #expect(try await copy.exported(.contracts) == known.replacing("native-A", with: ""))
                #expect(try await copy.importing(known, as: .contracts).report == TransferReport(rows: 1, updated: 1))
                #expect(try await copy.exported(.contracts) == known)
            }
        }
    }

    @Test func anOlderReadingDoesNotReplaceANewerOne() async throws {
        try await Bench.with { bench in
            let sample = bench.sample
            try await bench.write(sample.poll([sample.snapshot(rate: 0.0001)]))
            let old = try await bench.database.exported(.live)
            try await bench.write(sample.poll([sample.snapshot(rate: 0.0005, at: 30)], at: 30))
            #expect(try await bench.database.importing(old, as: .live).report == TransferReport(rows: 1, unchanged: 1))
            let feed = try await LiveRateStore(bench.pool).feeds()[0]
            #expect(feed.sequence == 2)
        }
    }

    @Test func anEmptyFieldNeverReplacesAKnownValue() async throws {
        try await Bench.with { bench in
            try await bench.fill()
            for kind in TransferKind.allCases {
                let before = try await bench.database.exported(kind)
                let emptied = try emptying(
                    [
                        "next_funding_time", "mark_price", "index_price", "open_interest_usd", "open_interest_at",
                        "listed_at", "trading_url", "native_id",
                    ], in: before, of: kind)
                #expect(emptied != before)
                let outcome = try await bench.database.importing(emptied, as: kind, piece: 4096)
                #expect(outcome.report.unchanged == outcome.report.rows)
                #expect(try await bench.database.exported(kind) == before)
            }
        }
    }

    /// None of the sample's values holds a comma outside of the contract's names, which come first.
    private func emptying(_ columns: Set<String>, in text: String, of kind: TransferKind) throws -> String {
        let lines = text.split(separator: "\n")
        let emptied = lines.dropFirst().filter { !$0.contains("\"") }.map { line in
            zip(kind.columns, line.split(separator: ",", omittingEmptySubsequences: false)).map { column, value in
                columns.contains(column) ? "" : String(value)
            }.joined(separator: ",")
        }
        return ([kind.header] + emptied).joined(separator: "\n")
    }

    @Test func badRowsAreCountedWithTheirLinesAndGoodOnesImported() async throws {
        try await Bench.with { bench in
            try await bench.write(bench.sample.poll([bench.sample.snapshot("A")]))
            let text = """
                mark_price,funding_time,exchange,symbol,funding_rate,funding_interval_hours
                ,2026-01-01T00:00:00Z,bybit,A,0.0001,8
                ,2026-01-01T08:00:00Z,bybit,UNKNOWN,0.0001,8
                ,yesterday,bybit,A,0.0001,8
                ,2026-01-01T16:00:00Z,bybit,A,nan,8
                ,2026-01-01T16:00:00Z,bybit,A,0.0001,7.77777
                ,2026-01-01T16:00:00Z,bybit,A,0.0001
                ,2126-01-01T16:00:00Z,bybit,A,0.0001,8
                ,2026-01-01T16:00:00Z,,A,0.0001,8
                ,2026-01-02T00:00:00Z,bybit,A,"0.0001"x,8
                1.5,2026-01-03T01:00:00+01:00,bybit,A,-1e-05,0.5
                ,2026-01-01T00:00:00.000Z,bybit,A,0.0007,8
                """
            let strict = "9 of 11 rows were rejected"
            await expectFailure(strict) {
                _ = try await bench.database.importing(text, as: .history, isStrict: true)
            }
            #expect(try await bench.database.exported(.history) == TransferKind.history.header + "\n")
            let outcome = try await bench.database.importing(text, as: .history)
            #expect(outcome.report == TransferReport(rows: 11, inserted: 2, rejected: 9))
            #expect(outcome.rejects.map(\.line) == [3, 4, 5, 6, 7, 8, 9, 10, 12])
            let reasons = [
                "UNKNOWN is unknown", "funding_time: expected a time", "funding_rate: expected a number",
                "funding_interval_hours", "expected 6 fields, found 5", "a time from 2010 to now", "exchange is empty",
                "closing quotation mark", "the same key as in line 2",
            ]
            for (reject, reason) in zip(outcome.rejects, reasons) { #expect(reject.reason.contains(reason)) }
            let history = try await bench.database.exported(.history)
            #expect(
                history == """
                    exchange,symbol,funding_time,funding_rate,funding_interval_hours,mark_price
                    bybit,A,2026-01-01T00:00:00.000000Z,0.0001,8,
                    bybit,A,2026-01-03T00:00:00.000000Z,-1e-05,0.5,1.5

                    """)
        }
    }

    @Test func onlyTheFirstRejectsAreToldAndAllAreCounted() async throws {
        try await TemporaryDatabase.with { database in
            let row = "bybit,A,2026-01-01T00:00:00Z,0.0001,8,"
            let text = TransferKind.history.header + "\n" + Array(repeating: row, count: 100).joined(separator: "\n")
            let outcome = try await database.importing(text, as: .history)
            #expect(outcome.report == TransferReport(rows: 100, rejected: 100))
            #expect(outcome.rejects.count == TransferImport.rejectLimit)
        }
    }

    @Test(arguments: [
        ("", "the file is empty"), ("exchange,symbol\n", "missing column funding_time"),
        (
            "exchange,symbol,funding_time,funding_rate,funding_interval_hours,mark_price,rate\n",
            "unknown column \"rate\""
        ),
        (
            "exchange,symbol,funding_time,funding_rate,funding_interval_hours,mark_price,symbol\n",
            "repeated column symbol"
        ),
    ])
    func aHeaderThatDoesNotFitIsExplained(text: String, reason: String) async throws {
        try await TemporaryDatabase.with { database in
            await expectFailure(reason) { _ = try await database.importing(text, as: .history) }
        }
    }

    @Test(arguments: [
        ("bybit,A,10,8,1095000,,,,,,2026-01-01T00:00:00Z,,", "a fraction within"),
        ("bybit,A,0.0001,8,0.1095,,,,,,2026-01-01T00:00:00Z,,", "10.95, as the rate"),
        ("bybit,A,0.0001,8,10.95,,0,,,,2026-01-01T00:00:00Z,,", "mark_price: expected more than zero"),
        ("bybit,A,0.0001,8,10.95,,,,-1,,2026-01-01T00:00:00Z,,", "open_interest_usd: expected zero or more"),
        ("bybit,A,0.0001,8,10.95,,,,,,,,", "observed_at is empty"),
        ("bybit,A,0.0001,8,10.95,,,,,,2026-01-01T00:00:00Z,-1,base", "open_interest_raw: expected zero or more"),
        ("bybit,A,0.0001,8,10.95,,,,,,2026-01-01T00:00:00Z,7,lots", "open_interest_unit: expected one of base"),
        ("bybit,A,0.0001,8,10.95,,,,,,2026-01-01T00:00:00Z,7,", "open_interest_unit is empty"),
    ])
    func aLiveRowThatCannotBeIsRejected(row: String, reason: String) async throws {
        try await Bench.with { bench in
            try await bench.write(bench.sample.poll([bench.sample.snapshot("A")]))
            let outcome = try await bench.database.importing(TransferKind.live.header + "\n" + row, as: .live)
            #expect(outcome.report == TransferReport(rows: 1, rejected: 1))
            let reason = outcome.rejects.first?.reason.contains(reason)
            #expect(reason == true)
        }
    }

    @Test func contractsSeenLaterWinAndTheLedgerFollows() async throws {
        try await Bench.with { bench in
            try await bench.write(bench.sample.poll([bench.sample.snapshot("A")]))
            let rows = try await bench.database.exported(.contracts)
            let older = rows.replacing(",8,false,active", with: ",4,false,inactive")
                .replacing("2026-09-21T14:13:20.000000Z,https", with: "2026-09-21T14:13:19.000000Z,https")
            #expect(
                try await bench.database.importing(older, as: .contracts).report
                    == TransferReport(rows: 1, unchanged: 1))
            #expect(try await bench.database.exported(.contracts) == rows)
            let newer = older.replacing("14:13:19", with: "14:13:21")
            #expect(
                try await bench.database.importing(newer, as: .contracts).report == TransferReport(rows: 1, updated: 1))
            let ledger = try await bench.pool.query(
                "SELECT funding_interval_hours AS hours, status FROM contract_terms ORDER BY valid_from")
            #expect(try ledger.map { try $0.decode("hours", as: Double.self) } == [8, 4])
            #expect(try ledger.map { try $0.decode("status", as: String.self) } == ["active", "inactive"])
        }
    }
}

extension Bench {
    /// Forty contracts with awkward names and random numbers, some of whose values are unknown, and their history over
    /// a turn of the year.
    fileprivate func fill() async throws {
        var generator = SystemRandomNumberGenerator()
        let symbols = (0..<38).map { "COIN\($0)USDT" } + ["A,B\"C", "Ünï\ncode"]
        let snapshots = symbols.enumerated().map { place, symbol in
            var snapshot = sample.snapshot(
                symbol, rate: .random(in: -0.1...0.1), every: place % 3 == 0 ? .hourly : .eightHours,
                markPrice: place % 5 == 0 ? nil : .random(in: 1e-9...1e6),
                openInterestUSD: place % 2 == 0 ? nil : 1e9 / 3)
            if place % 4 == 0 { snapshot.contract.tradingURL = nil }
            if place % 3 == 0 { snapshot.contract.nativeID = nil }
            return snapshot
        }
        try await write(sample.poll(snapshots))
        try await database.withPool { pool in
            try await pool.withConnection { connection in
                try await connection.script(
                    """
                    SELECT ensure_history_partition(month)
                      FROM generate_series('2025-11-01Z'::timestamptz, '2026-12-01Z', '1 month') AS month
                    """)
                for (place, rate) in (0..<50).map({ ($0, Double.anyFinite(&generator)) }) {
                    let time = sample.start.addingTimeInterval(-Double(place) * 3600 * 113 - 7200)
                    try await connection.query(
                        """
                        INSERT INTO funding_rates_historical
                        SELECT id, \(time), \(rate) / id, 8, CASE WHEN id % 2 = 0 THEN \(rate) END
                          FROM contract_metadata
                        """)
                }
            }
        }
    }
}
