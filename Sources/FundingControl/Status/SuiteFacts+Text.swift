import Foundation
import FundingCore
import FundingJSON
import FundingStore

extension SuiteFacts {
    /// For people.
    var table: String {
        var parts = [services, feedTable, history, "pairs\n  " + pairLine]
        let troubles = troubles
        if !troubles.isEmpty { parts.append("wrong\n" + troubles.map { "  \($0)" }.joined(separator: "\n")) }
        return parts.joined(separator: "\n\n")
    }

    private var services: String {
        let rows = heartbeats.map { beat in
            [
                beat.service, beat.instance, beat.version, "up \(AgeText.text(now.timeIntervalSince(beat.startedAt)))",
                isAlive(beat) ? "alive" : "silent for \(age(of: beat.beatAt))",
            ]
        }
        return "services\n" + TextTable.aligned(rows.isEmpty ? [["none has ever run"]] : rows)
    }

    private var feedTable: String {
        let open = Dictionary(streams.map { ($0.exchange, "\($0.open) of \($0.total)") }) { first, _ in first }
        var told: Set<ExchangeID> = []
        let rows = polledFeeds.map { feed in
            [
                feed.feed.rawValue, feed.status.rawValue, "\(feed.contracts)", "\(feed.rejects)",
                feed.lastSuccessAt.map { "\(age(of: $0)) ago" } ?? "never",
                // All feeds of an exchange share the number of its streams.
                told.insert(feed.exchange).inserted ? open[feed.exchange] ?? "none" : "",
            ]
        }
        let titles = ["feed", "status", "contracts", "rejects", "polled", "streams open"]
        return "feeds\n" + TextTable.aligned([titles] + rows)
    }

    private var history: String {
        guard let backfill else { return "history\n  never filled" }
        let done = backfill.parts.reduce(0) { $0 + $1.progress.symbolsDone }
        let total = backfill.parts.reduce(0) { $0 + $1.progress.symbolsTotal }
        let missing = backfill.parts.reduce(0) { $0 + $1.progress.missing }
        let when = backfill.finishedAt.map { ", \(age(of: $0)) ago" } ?? ""
        let counts = "\(done) of \(total) contracts, \(missing) payments missing"
        return "history\n  \(backfill.status.rawValue)\(when): \(counts)"
    }

    private var pairLine: String {
        guard let computed = pairs.computedAt else { return "never written" }
        return "\(pairs.summary.pairs) pairs, \(pairs.summary.ranked) ranked, written \(age(of: computed)) ago"
    }

    /// For programs.
    var json: String {
        var writer = JSONWriter(reservingCapacity: 4096)
        writer.beginObject()
        writer.field("now", Timestamp.text(now))
        writer.field("troubles", troubles)
        writer.key("services")
        writer.beginArray()
        for beat in heartbeats {
            writer.beginObject()
            writer.field("service", beat.service)
            writer.field("instance", beat.instance)
            writer.field("version", beat.version)
            writer.field("started_at", Timestamp.text(beat.startedAt))
            writer.field("beat_at", Timestamp.text(beat.beatAt))
            writer.field("alive", isAlive(beat))
            writer.endObject()
        }
        writer.endArray()
        writer.key("feeds")
        writer.beginArray()
        for feed in polledFeeds {
            writer.beginObject()
            writer.field("feed", feed.feed.rawValue)
            writer.field("exchange", feed.exchange.rawValue)
            writer.field("status", feed.status.rawValue)
            writer.field("contracts", feed.contracts)
            writer.field("rejects", feed.rejects)
            writer.field("last_success_at", feed.lastSuccessAt.map(Timestamp.text))
            writer.field("consecutive_failures", feed.consecutiveFailures)
            writer.field("error_kind", feed.errorKind)
            writer.endObject()
        }
        writer.endArray()
        writer.key("streams")
        writer.beginArray()
        for stream in streams {
            writer.beginObject()
            writer.field("exchange", stream.exchange.rawValue)
            writer.field("open", stream.open)
            writer.field("total", stream.total)
            writer.endObject()
        }
        writer.endArray()
        writer.key("backfill")
        if let backfill {
            writer.beginObject()
            writer.field("job", backfill.id)
            writer.field("status", backfill.status.rawValue)
            writer.field("finished_at", backfill.finishedAt.map(Timestamp.text))
            writer.field("missing", backfill.parts.reduce(0) { $0 + $1.progress.missing })
            writer.endObject()
        } else {
            writer.null()
        }
        writer.key("pairs")
        writer.beginObject()
        writer.field("pairs", pairs.summary.pairs)
        writer.field("ranked", pairs.summary.ranked)
        writer.field("computed_at", pairs.computedAt.map(Timestamp.text))
        writer.endObject()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
