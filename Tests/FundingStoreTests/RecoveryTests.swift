import Foundation
import FundingCore
import PostgresDriver
import TestSupport
import Testing

@testable import FundingStore

/// What readers and a restarted collector find after events were lost.
@Suite(.needsPostgres)
struct RecoveryTests {
    @Test func nothingIsUnpublishedAfterEveryEventWentOut() async throws {
        try await Bench.with { bench in
            #expect(try await bench.store.unpublished(bench.sample.feed) == nil)
            let event = try await bench.write(bench.sample.poll([bench.sample.snapshot()]))
            try await bench.store.markPublished(bench.sample.feed, event.sequence)
            #expect(try await bench.store.unpublished(bench.sample.feed) == nil)
        }
    }

    @Test func afterACrashExactlyTheRowsOfUnpublishedPollsAreTold() async throws {
        try await Bench.with { bench in
            let sample = bench.sample
            try await bench.write(sample.poll([sample.snapshot("A"), sample.snapshot("B"), sample.snapshot("C")]))
            // The second write carries the news that the first event went out; the next two events never do.
            let movedA = sample.snapshot("A", rate: 0.0002, at: 30)
            try await bench.write(
                sample.poll([movedA, sample.snapshot("B", at: 30), sample.snapshot("C", at: 30)], at: 30), published: 1)
            let movedB = sample.snapshot("B", rate: 0.0003, at: 60)
            try await bench.write(
                sample.poll([movedA, movedB, sample.snapshot("C", at: 60)], at: 60), published: 1)
            let event = try #require(try await bench.store.unpublished(sample.feed))
            #expect(event.sequence == 3)
            #expect(event.observedAt == sample.start.addingTimeInterval(60))
            #expect(event.exchange == sample.exchange && event.exchangeName == sample.exchangeName)
            var changes = [RateChange(of: movedA), RateChange(of: movedB)]
            for place in changes.indices { changes[place].observedAt = [movedA, movedB][place].observedAt }
            #expect(Set(event.changed) == Set(changes))
            // Of the third contract nothing is said, not even when it was seen.
            #expect(event.isPartial && event.removed.isEmpty)
            try await bench.store.markPublished(sample.feed, event.sequence)
            #expect(try await bench.store.unpublished(sample.feed) == nil)
        }
    }

    @Test func aDelistingThatWasNeverToldIsToldAfterACrash() async throws {
        try await Bench.with { bench in
            let sample = bench.sample
            try await bench.write(sample.poll([sample.snapshot("A"), sample.snapshot("B")]))
            for minute in [1.0, 6, 11] {
                try await bench.write(
                    sample.poll([sample.snapshot("A", at: minute * 60)], at: minute * 60), published: 3)
            }
            let event = try #require(try await bench.store.unpublished(sample.feed))
            #expect(event.sequence == 4)
            #expect(event.changed.isEmpty)
            #expect(event.removed == ["B"])
        }
    }

    @Test func whatWasPublishedIsNeverForgotten() async throws {
        try await Bench.with { bench in
            for place in 0..<3 {
                let time = Double(place) * 30
                try await bench.write(bench.sample.poll([bench.sample.snapshot(at: time)], at: time))
            }
            try await bench.store.markPublished(bench.sample.feed, 3)
            try await bench.store.markPublished(bench.sample.feed, 2)
            try await bench.write(bench.sample.poll([bench.sample.snapshot(at: 90)], at: 90), published: 1)
            #expect(try await bench.value("SELECT published_sequence FROM exchange_health", as: Int.self) == 3)
        }
    }

    @Test func theChangesAfterASequenceCompleteWhatWasLoadedBefore() async throws {
        try await Bench.with { bench in
            let sample = bench.sample
            let store = LiveRateStore(bench.pool)
            try await bench.write(sample.poll((0..<50).map { sample.snapshot("C\($0)") }))
            let (feeds, before) = try await store.load()
            var book = Dictionary(uniqueKeysWithValues: before.map { ($0.contract.symbol, $0) })
            for round in 1...3 {
                let time = Double(round) * 30
                try await bench.write(
                    sample.poll(
                        (0..<51).map {
                            sample.snapshot(
                                "C\($0)", rate: $0 % 7 == round ? 0.0001 * Double(round + 1) : 0.0001, at: time)
                        }, at: time))
            }
            let changes = try await store.changes(of: sample.feed, after: feeds[0].sequence)
            #expect(changes.feeds.map(\.sequence) == [4])
            for rate in changes.rates { book[rate.contract.symbol] = rate }
            for symbol in book.keys { book[symbol]?.observedAt = changes.feeds[0].observedAt ?? .distantPast }
            let after = try await store.load().rates
            #expect(Set(book.values) == Set(after))
            #expect(changes.rates.count < after.count)
            #expect(try await store.changes(of: sample.feed, after: 4).rates.isEmpty)
            #expect(try await store.changes(of: "mexc", after: 0).rates.isEmpty)
        }
    }

    @Test func whatIsNoLongerListedIsAmongTheChanges() async throws {
        try await Bench.with { bench in
            let sample = bench.sample
            try await bench.write(sample.poll([sample.snapshot("A"), sample.snapshot("B")]))
            for minute in [1.0, 6, 11] {
                try await bench.write(sample.poll([sample.snapshot("A", at: minute * 60)], at: minute * 60))
            }
            let changes = try await LiveRateStore(bench.pool).changes(of: sample.feed, after: 1)
            #expect(changes.rates.map(\.contract.symbol) == ["B"])
            #expect(changes.rates.map(\.isActive) == [false])
        }
    }
}
