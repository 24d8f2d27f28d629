import FundingCore

extension AsyncAPIDocument {
    private static let channel = JSONShape.words(LiveChannel.self)

    /// What a client may say.
    static let requests = [
        Message(
            name: "subscribe",
            summary: """
                Hears a channel, or a part of it: `rates`, `statistics` and `contracts` by exchanges and assets, where another \
                subscription is added; `grid` and `arbitrage` likewise, where another takes its place; `health` by \
                exchanges. Whoever hears any channel hears `health` of all exchanges, unless it subscribed to some.
                """,
            shape: [
                "op": .word(["subscribe"]), "channel": channel, "exchanges?": .list(.text), "assets?": .list(.text),
            ]),
        Message(
            name: "unsubscribe", summary: "Hears it no more.",
            shape: [
                "op": .word(["unsubscribe"]), "channel": channel, "exchanges?": .list(.text), "assets?": .list(.text),
            ]),
        Message(
            name: "resume",
            summary: """
                Goes on after a frame. Before subscribing, whatever is subscribed to within \
                \(LiveState.Limits.resumption.components.seconds) s begins there.
                """,
            shape: ["op": .word(["resume"]), "seq": .count]),
        Message(name: "ping", summary: "Asks for a sign of life.", shape: ["op": .word(["ping"]), "id?": .whole]),
    ]

    /// What a client hears.
    static let frames = [
        frame(
            "hello", "The first frame.",
            [
                "session": .text, "seq": .count, "channels": .list(channel), "heartbeat_s": .count,
            ]),
        frame(
            "snapshot", "A channel as it is now.",
            [
                "channel": channel, "seq": .count, "ts": .timestamp, "reset?": .flag,
                "data": .either([GridRequest.schema, ArbitrageSnapshot.schema]),
            ]),
        frame(
            "rates",
            "Contracts whose rate moved. `removed` names what the exchange lists no more, also of assets not asked for.",
            [
                "seq": .count, "ts": .timestamp, "batch_id": .text, "exchange": .text, "exchange_id": .text,
                "observed_at": .timestamp.orNull, "partial": .flag,
                "changed": .list([
                    "symbol": .text, "base_asset": .text, "funding_rate": .number, "funding_interval_hours": .number,
                    "apr": .number, "mark_price": .number.orNull, "index_price": .number.orNull,
                    "open_interest": .number.orNull, "next_funding_time": .timestamp.orNull, "observed_at?": .timestamp,
                    "z_score": .number.orNull,
                ]),
                "removed": .list(.text),
            ]),
        frame(
            "grid", "Cells of the grid that look different: of a cell that was there, the members that are.",
            [
                "seq": .count, "ts": .timestamp, "prev": .count,
                "changed": .list([
                    "asset": .text, "exchanges": .map(.named(GridCell.changeSchema)), "removed?": .list(.text),
                ]),
                "removed": .list(.text), "observed": .map(.timestamp),
            ]),
        frame(
            "arbitrage",
            """
            Pairs that joined the list, changed or left it: of a pair that was there, its id and the members that differ. One \
            without pairs tells that the scanner fell silent or is back.
            """,
            ArbitrageNews.schema),
        frame(
            "health",
            "An exchange's polls began or ceased to fail, or it is left alone for longer: `until` then, if longer than usual.",
            [
                "seq": .count, "ts": .timestamp, "exchange": .text, "exchange_id": .text, "feed": .text,
                "status": .words(FeedState.Status.self), "consecutive_failures": .count, "error_kind": .text.orNull,
                "until": .timestamp.orNull, "last_success_at": .timestamp.orNull,
            ]),
        frame(
            "contracts", "Contracts were listed or delisted, or their terms changed.",
            [
                "seq": .count, "ts": .timestamp, "exchange": .text, "exchange_id": .text, "feed": .text,
                "valid_from": .timestamp, "changes": .list(TermsChange.schema),
            ]),
        frame(
            "backfill", "How far a backfill is.",
            [
                "seq": .count, "ts": .timestamp, "job_id": .count, "status": .words(BackfillEvent.Status.self),
                "running": .flag, "overall_progress": .integer(least: 0, most: 100), "symbols_processed": .count,
                "total_symbols": .count, "total_records": .count, "estimated_remaining": .number.orNull,
                "message": .text, "completed": .flag, "exchanges": .map(BackfillEvent.Exchange.schema),
            ]),
        frame(
            "settings", "The settings were changed: fetch them over HTTP.",
            ["seq": .count, "ts": .timestamp, "revision": .count, "saved_at": .timestamp]),
        frame(
            "statistics", "Contracts whose current rate stands elsewhere among its last 30 days.", StatisticsNews.schema
        ),
        frame(
            "reset", "Frames of a channel were missed for good: fetch over HTTP.",
            [
                "channel": channel, "seq": .count, "ts": .timestamp,
            ]),
        frame("resumed", "All missed frames have been sent.", ["seq": .count, "frames": .count]),
        frame("pong", "A sign of life.", ["id": .whole.orNull, "ts": .timestamp]),
        frame("error", "A request was not granted.", ["code": .text, "detail": .text]),
    ]

    private static func frame(_ type: String, _ summary: String, _ members: JSONShape) -> Message {
        let head: JSONShape = ["v": .integer(least: 1, most: 1), "type": .word([type])]
        return Message(name: type, summary: summary, shape: head.with(members))
    }
}
