import Foundation
import FundingCore
import FundingJSON

extension LiveFrame {
    static func encoded(_ event: ContractsEvent, _ sequence: Int, _ time: Date) -> [UInt8] {
        var writer = head(
            "contracts", sequence, time, capacity: LiveFrameSize.head + event.changes.count * LiveFrameSize.terms)
        writer.field("exchange", event.exchangeName)
        writer.field("exchange_id", event.exchange.rawValue)
        writer.field("feed", event.feed.rawValue)
        writer.field("valid_from", Timestamp.text(event.validFrom))
        writer.key("changes")
        writer.beginArray()
        for change in event.changes { change.write(to: &writer) }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    static func encoded(_ event: SettingsEvent, _ sequence: Int, _ time: Date) -> [UInt8] {
        var writer = head("settings", sequence, time, capacity: LiveFrameSize.head)
        writer.field("revision", event.revision)
        writer.field("saved_at", Timestamp.text(event.savedAt))
        writer.endObject()
        return writer.bytes
    }

    /// In the words of `/api/backfill/status`, but for the sentence on a job that waits or has ended.
    static func encoded(_ event: BackfillEvent, _ sequence: Int, _ time: Date) -> [UInt8] {
        var writer = head(
            "backfill", sequence, time, capacity: LiveFrameSize.head + event.exchanges.count * LiveFrameSize.rate)
        let isRunning = !event.status.isOver
        writer.field("job_id", event.jobID)
        writer.field("status", event.status.rawValue)
        writer.field("running", isRunning)
        writer.field("overall_progress", event.progress)
        writer.field("symbols_processed", event.symbolsDone)
        writer.field("total_symbols", event.symbolsTotal)
        writer.field("total_records", event.rows)
        writer.field("estimated_remaining", event.etaSeconds)
        writer.field("message", event.sentence)
        writer.field("completed", !isRunning)
        writer.key("exchanges")
        writer.beginObject()
        for exchange in event.exchanges {
            writer.key(exchange.id.rawValue)
            exchange.write(at: event.observedAt, to: &writer)
        }
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }
}
