import Foundation
import FundingCore
import FundingJSON
import WebServer

/// Where endpoints take the pairs from, and how answers made from them are sent.
struct ArbitrageSource: Sendable {
    let market: MarketSource
    let view: ArbitrageView

    /// - Throws: 503 until the tables have been read.
    func moment() throws(WebError) -> OpportunityMoment {
        let picture = view.current
        guard picture.isLoaded else { throw .notReadyYet }
        return OpportunityMoment(picture, try market.shown(), at: Date())
    }

    /// An answer that may be used again for a few seconds; its tag changes with the pairs, the rates and the time, since
    /// it tells ages.
    func json(_ moment: OpportunityMoment, _ write: (inout JSONWriter) -> Void) -> WebResponse {
        market.json(moment.market, moment.now, beside: moment.list.progress?.generation) { writer in
            writer.beginObject()
            write(&writer)
            writeState(moment, to: &writer)
            writer.endObject()
        }
    }

    /// How old what is told is.
    static let stateSchema: JSONShape = [
        "computed_at": .timestamp.orNull, "generation": .count, "scanner_running": .flag, "stale": .flag,
        "timestamp": .timestamp,
    ]

    private func writeState(_ moment: OpportunityMoment, to writer: inout JSONWriter) {
        writer.field("computed_at", moment.arbitrage.computedAt.map(Timestamp.text))
        writer.field("generation", moment.list.progress?.generation ?? 0)
        writer.field("scanner_running", moment.arbitrage.isScannerRunning(at: moment.now))
        writer.field("stale", moment.arbitrage.isStale(at: moment.now))
        writer.field("timestamp", Timestamp.text(moment.now))
    }
}
