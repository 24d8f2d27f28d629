import Foundation
import FundingCore
import FundingExchanges
import Testing

@Suite struct RegistryTests {
    private let profiles = Exchanges.all.map(\.profile)

    @Test func namesAreUnique() {
        #expect(Set(profiles.map(\.feed)).count == profiles.count)
    }

    @Test func noTwoFeedsShareAVariable() {
        let variables = profiles.flatMap { profile in
            ["URL", "WS_URL"].map { "FUNDING_\(profile.feed.environmentName)_\($0)" }
        }
        #expect(Set(variables).count == variables.count)
    }

    @Test func anExchangeHasOneNameAndOneKindInAllItsFeeds() {
        for (exchange, feeds) in Dictionary(grouping: profiles, by: \.exchange) {
            #expect(Set(feeds.map(\.name)).count == 1, "\(exchange)")
            #expect(Set(feeds.map(\.kind)).count == 1, "\(exchange)")
        }
    }

    @Test func identifiersAreLowerCaseAndHostsAreSecure() {
        for profile in profiles {
            #expect(profile.feed.rawValue.wholeMatch(of: /[a-z0-9]+(-[a-z0-9]+)*/) != nil)
            #expect(profile.feed.rawValue.hasPrefix(profile.exchange.rawValue))
            #expect(profile.host.wholeMatch(of: /https:\/\/[a-z0-9.-]+/) != nil)
            #expect(profile.budget.weight > 0)
        }
    }

    @Test func requestsOfAFeedHaveLabelsOfTheirOwn() {
        for adapter in Exchanges.all {
            let requests = adapter.listings + adapter.liveRequests(given: Answers())
            #expect(Set(requests.map(\.label)).count == requests.count, "\(adapter.profile.feed)")
            for request in requests {
                #expect(request.path.hasPrefix("/"))
                if let budget = request.ownBudget { #expect(adapter.profile.ownBudgets[budget] != nil) }
            }
        }
    }

    @Test(arguments: [("binance", 1), ("binance-usdm", 1), ("ByBit", 1), ("bybit", 1), ("nobody", 0), ("", 0)])
    func aFeedIsFoundByItsOwnOrItsExchangesName(name: String, count: Int) {
        #expect(Exchanges.feeds(named: name).count >= count)
        if count == 0 { #expect(Exchanges.feeds(named: name).isEmpty) }
    }

    /// Adding an exchange takes its adapter, its fixtures and its line in the registry. What the collector's code would
    /// have to learn beside that, its code would have to name.
    @Test func noOtherCodeKnowsAnExchange() throws {
        let sources = Recording.folder.deletingLastPathComponent().deletingLastPathComponent().appending(
            path: "Sources")
        // The simulator plays exchanges, so it knows them by trade; the benchmark measures with one of them; the
        // requirements' schedules give each its turn, and where a client of the old history names no exchange it means one.
        let knowing = [
            "FundingExchanges/Adapters/", "FundingExchanges/Exchanges.swift",
            "FundingExchanges/CollectionSchedule.swift", "ExchangeSimulator/", "FundingBench/", "FundingAPI/History/",
        ]
        let names = Set(profiles.map { $0.exchange.rawValue.lowercased() })
        let files = try #require(FileManager.default.enumerator(atPath: sources.path))
        var read = 0
        for case let path as String in files where path.hasSuffix(".swift") || path.hasSuffix(".sql") {
            guard !knowing.contains(where: path.hasPrefix) else { continue }
            read += 1
            let text = try String(contentsOf: sources.appending(path: path), encoding: .utf8)
            for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                let code = Self.code(of: line)
                for name in names where Self.mentions(name, in: code) {
                    Issue.record("\(path):\(number + 1) knows \(name): \(line)")
                }
            }
        }
        #expect(read > 50)
    }

    /// Whether the name stands there as a word or as a part of one that begins in it (`useBybit`): MASTER is no Aster.
    private static func mentions(_ name: String, in code: Substring) -> Bool {
        var rest = code
        while let match = rest.range(of: name, options: .caseInsensitive) {
            guard match.lowerBound > code.startIndex else { return true }
            let before = code[code.index(before: match.lowerBound)]
            if !before.isLetter || (before.isLowercase && code[match.lowerBound].isUppercase) { return true }
            rest = code[match.upperBound...]
        }
        return false
    }

    @Test func aNameIsFoundWhereAWordBegins() {
        for code in ["aster", "case .aster", "useAster", "let asterRate", "\"aster\""] {
            #expect(Self.mentions("aster", in: code[...]), "\(code)")
        }
        for code in ["faster", "MASTERDOWN", "disaster = 1", "", "stars"] {
            #expect(!Self.mentions("aster", in: code[...]), "\(code)")
        }
    }

    /// The line without its comment; a message that shows how a value may look is no knowledge either.
    private static func code(of line: Substring) -> Substring {
        let line = line.drop { $0 == " " }
        guard !line.hasPrefix("//"), !line.contains("such as ") else { return "" }
        return line.firstRange(of: " // ").map { line[..<$0.lowerBound] } ?? line
    }
}
