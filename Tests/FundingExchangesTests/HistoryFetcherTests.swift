import CurlDriver
import Foundation
import FundingCore
import FundingExchanges
import Testing

/// However an exchange pages its history, asking it comes to an end, and the end says what it was.
@Suite struct HistoryFetcherTests {
    private let exchange: PagedExchange

    init() throws { exchange = try PagedExchange() }

    /// What ends the pages that must not end well.
    private func failure(_ script: @escaping PagedExchange.Script) async throws -> (error: ExchangeError, asked: Int) {
        var (pages, asked) = exchange.pages(script)
        do {
            let hours = try await pages.hours()
            throw Unexpected(hours: hours)
        } catch let error as ExchangeError {
            return (error, asked.withLock { $0.count })
        }
    }

    private struct Unexpected: Error {
        var hours: [Int]
    }

    @Test func pagesComeOneAfterTheOtherAndAreCounted() async throws {
        var (pages, asked) = exchange.pages { path, _ in
            path == "/1" ? HTTPResponse(hours: 0..<10, next: "/2") : HTTPResponse(hours: 8..<20)
        }
        let first = try #require(try await pages.next())
        #expect(first.settlements.count == 10)
        #expect(asked.withLock { $0 } == ["/1"])
        #expect(try await pages.hours() == Array(8..<20))
        #expect(try await pages.next() == nil)
        #expect(pages.account.pages == 2)
        #expect(pages.account.settlements == 20)
        #expect(pages.account.repeated == 2)
        #expect(pages.account.rejects == 0)
    }

    @Test func rowsOutsideTheWindowAreLeftOut() async throws {
        var pages = exchange.pages { _, _ in HTTPResponse(hours: -50...50) }.pages
        #expect(try await pages.hours() == Array(0...24))
        #expect(pages.account.settlements == 25)
    }

    @Test func anEmptyMiddleLosesNothing() async throws {
        var exchange = exchange
        exchange.first = ["/1", "/2", "/3"]
        var pages = exchange.pages { path, _ in
            switch path {
            case "/1": HTTPResponse(hours: 0..<5)
            case "/2": HTTPResponse(hours: [], next: "/2b")
            case "/2b": HTTPResponse(hours: [7])
            default: HTTPResponse(hours: 10..<12)
            }
        }.pages
        #expect(try await pages.hours() == [0, 1, 2, 3, 4, 7, 10, 11])
        #expect(pages.account.pages == 4)
    }

    @Test func aPageThatLeadsBackIsNotAskedForAgain() async throws {
        let (error, asked) = try await failure { path, _ in
            path == "/1" ? HTTPResponse(hours: 0..<5, next: "/2") : HTTPResponse(hours: 5..<9, next: "/1")
        }
        #expect(error.kind == .unreadable)
        #expect(error.detail.hasPrefix("the same page is to be asked for twice"))
        #expect(asked == 2)
    }

    @Test func pagesThatRepeatEarlierRowsUnderNewAddressesEnd() async throws {
        let (error, asked) = try await failure { path, _ in HTTPResponse(hours: 0..<5, next: path + "0") }
        #expect(error.kind == .unreadable)
        #expect(error.detail.hasPrefix("the page only repeats earlier ones"))
        #expect(asked == 2)
    }

    @Test func pagesWithoutEndEnd() async throws {
        let (error, asked) = try await failure { path, _ in
            let number = Int(path.dropFirst()) ?? 0
            return HTTPResponse(hours: [-number], next: "/\(number + 1)")
        }
        #expect(error.detail.hasPrefix("no end after"))
        // A day has 25 hourly payments.
        #expect((20...30).contains(asked))
        let empty = try await failure { path, _ in HTTPResponse(hours: [], next: path + "0") }
        #expect(empty.asked == asked)
    }

    @Test func rowsOfOtherContractsAreRejected() async throws {
        var pages = exchange.pages { _, _ in
            HTTPResponse(200, #"{"rows":[["BTC",1,0.1],["ETH",2,0.2],["BTC",3]],"next":null}"#)
        }.pages
        let page = try #require(try await pages.next())
        #expect(page.settlements.map(\.symbol) == ["BTC"])
        #expect(page.rejects.map(\.symbol).sorted() == ["BTC", "ETH"])
        #expect(pages.account.rejects == 2)
    }

    @Test func aContractThatTheExchangeDoesNotKnowFailsAtOnce() async throws {
        let (error, asked) = try await failure { _, _ in HTTPResponse(404, #"{"error":"no such contract"}"#) }
        #expect(error.kind == .refused(code: 404))
        #expect(asked == 1)
    }

    @Test func whatMayPassIsTriedAgainAndWhatStaysIsNot() async throws {
        var (pages, asked) = exchange.pages { _, nth throws(HTTPFetchError) in
            switch nth {
            case 1: HTTPResponse(503)
            case 2: HTTPResponse(200, "<html>busy</html>")
            default: HTTPResponse(hours: 0..<3)
            }
        }
        #expect(try await pages.hours() == [0, 1, 2])
        #expect(asked.withLock { $0.count } == 3)
        #expect(try await failure { _, _ in HTTPResponse(500) }.asked == 3)
        let lost = try await failure { _, _ throws(HTTPFetchError) in
            throw HTTPFetchError(kind: .unreachable, message: "no route")
        }
        #expect(lost.error.kind == .unreachable)
        #expect(try await failure { _, _ in HTTPResponse(451) }.asked == 1)
    }

    @Test func aPauseIsSatOutAndTheSamePageAskedForAgain() async throws {
        var (pages, asked) = exchange.pages { _, nth in
            nth == 1 ? HTTPResponse(429, retryAfter: "1") : HTTPResponse(hours: 0..<3)
        }
        let started = ContinuousClock.now
        #expect(try await pages.hours() == [0, 1, 2])
        #expect(ContinuousClock.now - started >= .seconds(1))
        #expect(asked.withLock { $0.count } == 2)
    }

    @Test func aBanThatOutlastsPatienceIsReported() async throws {
        let (error, asked) = try await failure { _, _ in HTTPResponse(418, retryAfter: "720") }
        #expect(error.kind == .banned(retryAfter: .seconds(720)))
        #expect(asked == 1)
    }

    @Test func allContractsAreAskedForTogetherWhereTheExchangeCan() async throws {
        let usdm = try #require(Exchanges.feeds(named: "binance-usdm").first)
        let time = Int(PagedExchange.start.timeIntervalSince1970 * 1000)
        let fetcher = HistoryFetcher(usdm, gate: HostGate(unhurried(usdm.profile))) { _ throws(HTTPFetchError) in
            let rows = ["BTCUSDT", "ETHUSDT"].map {
                #"{"symbol":"\#($0)","fundingTime":\#(time),"fundingRate":"0.0001"}"#
            }
            return HTTPResponse(200, "[\(rows.joined(separator: ","))]")
        }
        let minutes = PagedExchange.start.addingTimeInterval(-60)...PagedExchange.start.addingTimeInterval(60)
        var pages = try #require(fetcher.bulkPages(during: minutes))
        #expect(try await pages.next()?.settlements.map(\.symbol) == ["BTCUSDT", "ETHUSDT"])
        #expect(try await pages.next() == nil)
        let later = PagedExchange.start.addingTimeInterval(120)...PagedExchange.start.addingTimeInterval(180)
        var none = try #require(fetcher.bulkPages(during: later))
        #expect(try await none.next()?.settlements.isEmpty == true)
        let coinm = try #require(Exchanges.feeds(named: "binance-coinm").first)
        let single = HistoryFetcher(coinm, gate: HostGate(coinm.profile)) { _ in HTTPResponse(500) }
        #expect(single.bulkPages(during: minutes) == nil)
    }

    /// 2500 payments, of which pages are cut in the midst of what was paid at one time.
    @Test func bulkPagesBringEveryPaymentOnceAndRepeatingOnesEnd() async throws {
        let usdm = try #require(Exchanges.feeds(named: "binance-usdm").first)
        let start = Int(PagedExchange.start.timeIntervalSince1970 * 1000)
        let all = (0..<2500).map { (symbol: "C\($0 % 130)USDT", time: start + $0 / 130 * 3_600_000) }
        let repeats = TestLock(false)
        let fetcher = HistoryFetcher(usdm, gate: HostGate(unhurried(usdm.profile)), patience: .brief) {
            request throws(HTTPFetchError) in
            let asked = URLComponents(string: request.url)?.queryItems?.first { $0.name == "startTime" }?.value
            let from = repeats.withLock { $0 } ? start : asked.flatMap { Int($0) } ?? 0
            let rows = all.filter { $0.time >= from }.prefix(1000).map {
                #"{"symbol":"\#($0.symbol)","fundingTime":\#($0.time),"fundingRate":"0.0001"}"#
            }
            return HTTPResponse(200, "[\(rows.joined(separator: ","))]")
        }
        var pages = try #require(fetcher.bulkPages(during: exchange.window))
        var found: Set<String> = []
        var count = 0
        while let page = try await pages.next() {
            count += 1
            found.formUnion(page.settlements.map { "\($0.symbol) \($0.settledAt.timeIntervalSince1970)" })
        }
        #expect(found.count == 2500)
        #expect(count == 3)

        repeats.withLock { $0 = true }
        var endless = try #require(fetcher.bulkPages(during: exchange.window))
        _ = try await endless.next()
        await #expect(throws: ExchangeError.self) { _ = try await endless.next() }
    }
}
