import Foundation
import PostgresDriver
import Testing

@Suite("Values", .needsPostgres)
struct ValueTests {
    private func roundTrip<T: PostgresEncodable & PostgresDecodable>(
        _ value: T, on connection: PostgresConnection
    ) async throws -> T {
        try await #require(connection.query("SELECT \(value) AS value").first).decode("value")
    }

    @Test(arguments: [
        0.1, 0.000012345678901234, 123456.78901234567, 1.7976931348623157e308, .leastNonzeroMagnitude, -0.0,
        0.30000000000000004, 100_000_000_000_000.13, 9_007_199_254_740_992, .infinity, -.infinity,
    ])
    func doublesKeepEveryBit(value: Double) async throws {
        try await TestDatabase.withConnection { connection async throws in
            let returned = try await roundTrip(value, on: connection)
            #expect(returned.bitPattern == value.bitPattern)
            let text: String = try await #require(connection.query("SELECT (\(value))::text").first).decode(0)
            if value.isFinite { #expect(Double(text)?.bitPattern == value.bitPattern) }
        }
    }

    @Test func notANumberStaysNotANumber() async throws {
        try await TestDatabase.withConnection { connection async throws in
            #expect(try await roundTrip(Double.nan, on: connection).isNaN)
            #expect(try await roundTrip([1.5, .nan], on: connection)[1].isNaN)
        }
    }

    @Test func wholeNumbersReachTheirLimits() async throws {
        try await TestDatabase.withConnection { connection async throws in
            for value in [Int.min, -1, 0, Int.max] { #expect(try await roundTrip(value, on: connection) == value) }
            for value in [Int64.min, Int64.max] { #expect(try await roundTrip(value, on: connection) == value) }
            for value in [Int32.min, Int32.max] { #expect(try await roundTrip(value, on: connection) == value) }
            for value in [Int16.min, Int16.max] { #expect(try await roundTrip(value, on: connection) == value) }
        }
    }

    @Test func textBooleansAndBytesComeBack() async throws {
        try await TestDatabase.withConnection { connection async throws in
            for text in ["", "plain", "naïve 資金 🪙", "'; DROP TABLE x; --", "$1 \\ \" ' \n"] {
                #expect(try await roundTrip(text, on: connection) == text)
            }
            #expect(try await roundTrip(true, on: connection))
            #expect(try await !roundTrip(false, on: connection))
            let bytes = [UInt8](0...255)
            #expect(try await roundTrip(bytes, on: connection) == bytes)
            #expect(try await roundTrip([UInt8](), on: connection).isEmpty)
        }
    }

    @Test func nullIsNilAndRefusedWhereNotOptional() async throws {
        try await TestDatabase.withConnection { connection async throws in
            #expect(try await roundTrip(Int?.none, on: connection) == nil)
            #expect(try await roundTrip(Date?.none, on: connection) == nil)
            #expect(try await roundTrip([String]?.none, on: connection) == nil)
            #expect(try await roundTrip(Optional("x"), on: connection) == "x")
            let row = try await #require(connection.query("SELECT NULL::float8 AS rate").first)
            let error = try await postgresError { _ = try row.decode("rate", as: Double.self) }
            #expect(error.kind == .decoding)
            #expect(error.message.contains("\"rate\" is NULL"))
        }
    }

    @Test func arraysKeepTheirElements() async throws {
        try await TestDatabase.withConnection { connection async throws in
            let texts = ["a", "", "with \"quotes\", {braces}", "NULL", "\\"]
            #expect(try await roundTrip(texts, on: connection) == texts)
            #expect(try await roundTrip([1, -2, Int.max], on: connection) == [1, -2, Int.max])
            #expect(try await roundTrip([0.1, .infinity], on: connection) == [0.1, .infinity])
            #expect(try await roundTrip([1.5, nil, 2.5] as [Double?], on: connection) == [1.5, nil, 2.5])
            #expect(try await roundTrip([String](), on: connection) == [])
            #expect(try await roundTrip([true, false], on: connection) == [true, false])
            let rows = try await connection.query(
                "SELECT * FROM unnest(\(["a", "b"]), \([1.5, nil] as [Double?])) AS t(name, rate) ORDER BY name")
            #expect(try rows.map { try $0.decode("rate", as: Double?.self) } == [1.5, nil])
            let row = try await #require(connection.query("SELECT ARRAY[1, NULL] AS numbers").first)
            #expect(try row.decode("numbers") == [1, nil] as [Int?])
            #expect(try await postgresError { _ = try row.decode("numbers", as: [Int].self) }.kind == .decoding)
        }
    }

    @Test func datesAreExactToTheMicrosecond() async throws {
        try await TestDatabase.withConnection { connection async throws in
            let texts = [
                "2024-02-29 23:59:59.999999+00", "1969-12-31 23:59:59.000001+00", "2000-01-01 00:00:00+00",
                "2199-12-31 23:59:59.123457+00", "1800-01-01 00:00:00.000001+00",
            ]
            for text in texts {
                let row = try await #require(connection.query("SELECT \(text)::timestamptz AS at").first)
                let date: Date = try row.decode("at")
                let back = try await connection.query(
                    "SELECT \(date) = \(text)::timestamptz AS same, (\(date))::text AS text")
                #expect(try #require(back.first).decode("same") as Bool, "\(text)")
                #expect(try #require(back.first).decode("text") == text)
            }
            let now = Date()
            #expect(abs(try await roundTrip(now, on: connection).timeIntervalSince(now)) < 0.000_001)
        }
    }

    @Test func timestampsReachTheLimitsOfTheServer() async throws {
        try await TestDatabase.withConnection { connection async throws in
            let row = try await #require(
                connection.query(
                    """
                    SELECT 'infinity'::timestamptz AS never, '-infinity'::timestamptz AS ever, '2024-03-01'::date AS day,
                    '4714-11-24 00:00:00+00 BC'::timestamptz AS first, '294276-12-31 23:59:59+00'::timestamptz AS last
                    """
                ).first)
            #expect(try row.decode("never", as: Date.self).timeIntervalSince1970 == .infinity)
            #expect(try row.decode("ever", as: Date.self).timeIntervalSince1970 == -.infinity)
            #expect(try row.decode("day", as: Date.self) == Date(timeIntervalSince1970: 1_709_251_200))
            for name in ["never", "ever", "first", "last"] {
                let date: Date = try row.decode(name)
                #expect(try await roundTrip(date, on: connection) == date)
            }
            let nonsense = Date(timeIntervalSinceReferenceDate: .nan)
            #expect(try await postgresError { _ = try await roundTrip(nonsense, on: connection) }.sqlState == "22008")
            let tooLate = Date(timeIntervalSinceReferenceDate: 1e15)
            #expect(try await postgresError { _ = try await roundTrip(tooLate, on: connection) }.sqlState == "22008")
        }
    }

    @Test(arguments: [
        "0", "1", "-1.5", "0.00000001", "123456789012345678901234567890.000100", "10000", "-0.0001", "NaN",
    ])
    func numericIsReadAsTheServerPrintsIt(text: String) async throws {
        try await TestDatabase.withConnection { connection async throws in
            let row = try await #require(connection.query("SELECT \(text)::numeric AS value").first)
            #expect(try row.decode("value") == text)
            let double: Double = try row.decode("value")
            #expect(double == Double(text) || double.isNaN)
        }
    }

    private enum Kind: String, PostgresEncodable, PostgresDecodable { case cex, dex }

    @Test func enumerationsTravelAsTheirRawValue() async throws {
        try await TestDatabase.withConnection { connection async throws in
            #expect(try await roundTrip(Kind.dex, on: connection) == .dex)
            let row = try await #require(connection.query("SELECT 'otc' AS kind").first)
            #expect(try await postgresError { _ = try row.decode("kind", as: Kind.self) }.kind == .decoding)
        }
    }

    @Test func otherTypesAreReadAsTextOrRefused() async throws {
        try await TestDatabase.withConnection { connection async throws in
            try await connection.script("CREATE TYPE kind AS ENUM ('cex', 'dex')")
            let json = #"{"a": [1, 2]}"#
            let row = try await #require(
                connection.query(
                    """
                    SELECT \(json)::jsonb AS document, \("dex")::kind AS kind, 7::smallint AS small, sum(x) AS total,
                    '9f1b4f3e-0000-4000-8000-00000000002a'::uuid AS id, '1 day'::interval AS span, count(*) AS count
                    FROM generate_series(1::bigint, 4) AS x
                    """
                ).first)
            #expect(try row.decode("document") == json)
            #expect(try row.decode("document", as: [UInt8].self) == Array(json.utf8))
            #expect(try row.decode("kind") == "dex")
            #expect(try row.decode("small") == 7)
            #expect(try row.decode("total", as: Int.self) == 10)
            #expect(try row.decode("count", as: Int32.self) == 4)
            #expect(try row.decode("id") == "9f1b4f3e-0000-4000-8000-00000000002a")
            let error = try await postgresError { _ = try row.decode("span", as: String.self) }
            #expect(error.message.contains("cast it to text"))
            #expect(try await postgresError { _ = try row.decode("kind", as: Int.self) }.kind == .decoding)
            #expect(try await postgresError { _ = try row.decode("none", as: Int.self) }.message.contains("document"))
            let large = try await #require(connection.query("SELECT 3000000000 AS large").first)
            #expect(try await postgresError { _ = try large.decode("large", as: Int32.self) }.kind == .decoding)
        }
    }
}
