import Foundation
import FundingJSON

extension BackfillEvent {
    /// The event as one JSON object, version 1. The sums over the exchanges are written, but not read.
    public func encoded() -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 300 + exchanges.count * 240)
        writer.beginObject()
        writer.field("v", 1)
        writer.field("type", "backfill")
        writer.field("ts", Timestamp.text(observedAt))
        writer.field("job_id", jobID)
        writer.field("status", status.rawValue)
        writer.field("message", message)
        writer.field("symbols_done", symbolsDone)
        writer.field("symbols_total", symbolsTotal)
        writer.field("rows", rows)
        writer.field("requests", requests)
        writer.field("eta_seconds", etaSeconds)
        writer.key("exchanges")
        writer.beginArray()
        for exchange in exchanges { exchange.write(to: &writer) }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    public init(wire bytes: [UInt8]) throws {
        let root = try JSONDocument(bytes).root
        guard root["v"]?.int == 1, root["type"]?.isString("backfill") == true else {
            throw EventError(description: "expected a backfill event of version 1, found \(root.excerpt)")
        }
        self.init(
            jobID: try root.value("job_id", \.int),
            status: try root.value("status") { $0.string.flatMap(Status.init(rawValue:)) },
            observedAt: try root.time("ts"),
            message: try root.optional("message", \.string),
            exchanges: try root.list("exchanges").map(Exchange.init(wire:))
        )
    }
}

extension BackfillEvent.Exchange {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("exchange_id", id.rawValue)
        writer.field("exchange", name)
        writer.field("status", status.rawValue)
        writer.field("symbols_done", symbolsDone)
        writer.field("symbols_total", symbolsTotal)
        writer.field("symbols_complete", symbolsComplete)
        writer.field("started_at", startedAt.map(Timestamp.text))
        writer.field("finished_at", finishedAt.map(Timestamp.text))
        writer.field("rows", rows)
        writer.field("requests", requests)
        writer.field("missing", missing)
        writer.field("eta_seconds", etaSeconds)
        writer.field("message", message)
        writer.endObject()
    }

    fileprivate init(wire json: JSONView) throws {
        self.init(
            id: ExchangeID(rawValue: try json.text("exchange_id")), name: try json.text("exchange"),
            status: try json.value("status") { $0.string.flatMap(BackfillEvent.Status.init(rawValue:)) },
            symbolsDone: try json.value("symbols_done", \.int), symbolsTotal: try json.value("symbols_total", \.int),
            symbolsComplete: try json.value("symbols_complete", \.int),
            startedAt: try json.optional("started_at") { $0.string.flatMap(Timestamp.parse) },
            finishedAt: try json.optional("finished_at") { $0.string.flatMap(Timestamp.parse) },
            rows: try json.value("rows", \.int), requests: try json.value("requests", \.int),
            missing: try json.value("missing", \.int),
            etaSeconds: try json.optional("eta_seconds", \.double), message: try json.optional("message", \.string)
        )
    }
}
