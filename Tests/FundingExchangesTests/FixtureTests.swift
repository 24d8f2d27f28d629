import Foundation
import FundingCore
import FundingExchanges
import Testing

@Suite struct FixtureTests {
    static let feeds = Exchanges.all.map(\.profile.feed)

    @Test(arguments: feeds)
    func everyFeedReadsItsFixtures(feed: FeedID) async throws {
        let recording = try Recording(of: feed)
        try recording.expected().expect(try await recording.poll())
    }

    @Test(arguments: feeds)
    func aFixtureBreaksNoInvariant(feed: FeedID) async throws {
        let poll = try await Recording(of: feed).poll()
        #expect(poll.failures.isEmpty)
        #expect(poll.isComplete)
        #expect(Set(poll.snapshots.map(\.contract.symbol)).count == poll.snapshots.count)
        for snapshot in poll.snapshots {
            #expect(snapshot.contract.feed == feed)
            #expect(snapshot.fundingRate.isFinite)
            #expect(!snapshot.contract.baseAsset.isEmpty)
            #expect(snapshot.isContinuous == (snapshot.nextFundingTime == nil))
            if let next = snapshot.nextFundingTime { #expect(next > Recording.now) }
            let address = try #require(URL(string: snapshot.contract.tradingURL ?? ""))
            #expect(address.scheme == "https")
        }
    }

    /// Who asks where a number comes from is shown the exchange's own words.
    @Test(arguments: feeds)
    func everyContractsRowIsFoundAgain(feed: FeedID) async throws {
        let poll = try await Recording(of: feed).poll()
        let adapter = try #require(Exchanges.all.first { $0.profile.feed == feed })
        let excerpts = adapter.excerpts(of: poll.snapshots.map(\.contract), in: poll.answers)
        for snapshot in poll.snapshots {
            let found = excerpts[snapshot.contract.symbol] ?? []
            #expect(!found.isEmpty, "\(snapshot.contract.symbol)")
            #expect(found.allSatisfy { $0.text.hasPrefix("{") && $0.receivedAt <= Recording.now })
        }
    }

    @Test func everyFeedHasAFolderAndEveryFolderAFeed() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Recording.folder.path)
        #expect(Set(folders) == Set(Self.feeds.map(\.rawValue)))
        for feed in folders {
            let files = try FileManager.default.contentsOfDirectory(
                atPath: Recording.folder.appending(path: feed).path
            )
            #expect(files.contains("expected.json"))
            #expect(files.contains("SOURCE.md"))
            #expect(files.contains { $0.hasPrefix("bad-") })
        }
    }
}
