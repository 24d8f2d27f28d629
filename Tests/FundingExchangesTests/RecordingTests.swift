import CurlDriver
import Foundation
import FundingCore
import FundingExchanges
import FundingJSON
import Testing

/// The adapters read what the exchanges really sent. Expectations were computed from the bodies by a program of its own
/// and looked through; each fixture folder's SOURCE.md says what was checked.
@Suite(
    .enabled(
        if: RecordedBodies.mustOrCanRun,
        "no recordings at hand: \(RecordedCase.all.count) cases and the digits of their numbers were not checked"
    )
)
struct RecordingTests {
    @Test(arguments: RecordedCase.all)
    func readsWhatTheExchangeSent(recorded: RecordedCase) async throws {
        let poll = try await poll(recorded)
        let root = try JSONDocument(expectation(of: recorded)).root
        #expect(root["count"]?.int == poll.snapshots.count)

        let rows = Dictionary(poll.snapshots.map { ($0.contract.symbol, ExpectedPoll.row(of: $0)) }) { $1 }
        let expected = try ExpectedPoll(root)
        #expect(!expected.rows.isEmpty)
        for row in expected.rows {
            guard case .text(let symbol)? = row["symbol"] else { continue }
            #expect(rows[symbol] == row, "\(symbol)")
        }
        #expect(Set(poll.rejects) == expected.rejects)
        #expect(Dictionary(poll.excluded.map { ($0.key.rawValue, $0.value) }) { $1 } == expected.excluded)
        // Rows beyond the ones that are written out: nothing of them may change unseen.
        #expect(root["digest"]?.string == poll.digest)
    }

    @Test func everyExpectationHasACase() throws {
        for feed in FixtureTests.feeds {
            let folder = Recording.folder.appending(path: "\(feed)/recordings")
            let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            let cases = RecordedCase.all.filter { $0.feed == feed }.map { "\($0.name).expected.json" }
            #expect(Set(files) == Set(cases))
        }
    }

    /// Seventeen digits that no double prints. None of them is read by an adapter: a spot token's volume, Lighter's
    /// stand-in for "unlimited" (2^56) and a value of Binance's open interest history.
    private static let beyondDoubles: Set = [
        "6879553815.3455801", "72057594037927936.000000", "413220015.26744573",
    ]

    /// Every number of every recorded body, printed as short as possible, is the number that was sent.
    @Test(arguments: Set(Exchanges.all.map(\.profile.exchange)).sorted { $0.rawValue < $1.rawValue })
    func noNumberLosesADigit(exchange: ExchangeID) throws {
        var numbers = 0
        for path in try RecordedBodies.paths(of: exchange) {
            try JSONDocument(RecordedBodies.body(path)).root.forEachScalar { value in
                guard let text = value.decimalText, let sent = ExactDecimal(text), sent.digits.count <= 17,
                    !Self.beyondDoubles.contains(text)
                else { return }
                numbers += 1
                let kept = value.decimal.flatMap { ExactDecimal("\($0)") }
                #expect(kept == sent, "\(path): \(text)")
            }
        }
        #expect(numbers > 50)
    }

    private func poll(_ recorded: RecordedCase) async throws -> FeedPoll {
        let real = try #require(Exchanges.feeds(named: recorded.feed.rawValue).first)
        let adapter = LabelledAdapter(real, profile: unhurried(real.profile))
        let now = try #require(Timestamp.parse(recorded.now))
        let bodies = try Dictionary(uniqueKeysWithValues: recorded.answers.keys.map { ($0, try recorded.body($0)) })
        let poller = ExchangePoller(adapter, now: { now }) { request throws(HTTPFetchError) in
            guard let label = adapter.label(of: request), let body = bodies[label] ?? nil else {
                return HTTPResponse(404)
            }
            return HTTPResponse(status: 200, body: body)
        }
        var poll = try await poller.poll()
        _ = await poller.refreshOpenInterest()
        await poller.complete(&poll)
        return poll
    }

    private func expectation(of recorded: RecordedCase) throws -> [UInt8] {
        let path = "\(recorded.feed)/recordings/\(recorded.name).expected.json"
        return Array(try Data(contentsOf: Recording.folder.appending(path: path)))
    }
}

extension JSONView {
    fileprivate func forEachScalar(_ body: (JSONView) throws -> Void) rethrows {
        switch kind {
        case .array: for element in elements { try element.forEachScalar(body) }
        case .object: for (_, value) in members { try value.forEachScalar(body) }
        default: try body(self)
        }
    }
}
