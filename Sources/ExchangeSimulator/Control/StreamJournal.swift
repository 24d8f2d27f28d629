import FundingJSON

/// How often each feed's streams were opened and refused, and how much went over them.
struct StreamJournal: Sendable {
    private struct Line: Sendable {
        var opens = 0
        var refusals = 0
        var closings = 0
        var messagesIn = 0
        var messagesOut = 0
        /// Milliseconds since 1970 by the machine's clock, the latest last.
        var lastOpens: [Int] = []
        var paths: [String: Int] = [:]
    }

    private var lines: [String: Line] = [:]
    /// Enough to count the connects of five minutes at the strictest exchange and to see a storm.
    private static let keptOpens = 1000
    private static let maximumPaths = 100

    func openSockets(of feed: String) -> Int { lines[feed].map { $0.opens - $0.closings } ?? 0 }

    mutating func open(_ feed: String, _ path: String, at wall: Int) {
        var line = lines[feed] ?? Line()
        line.opens += 1
        line.lastOpens.append(wall)
        if line.lastOpens.count > Self.keptOpens { line.lastOpens.removeFirst() }
        let path = line.paths[path] == nil && line.paths.count >= Self.maximumPaths ? "…" : path
        line.paths[path, default: 0] += 1
        lines[feed] = line
    }

    mutating func refuse(_ feed: String) { lines[feed, default: Line()].refusals += 1 }

    mutating func close(_ feed: String) { lines[feed, default: Line()].closings += 1 }

    mutating func count(_ feed: String, messagesIn: Int, messagesOut: Int) {
        lines[feed, default: Line()].messagesIn += messagesIn
        lines[feed, default: Line()].messagesOut += messagesOut
    }

    /// Counts from zero, but goes on knowing which sockets are open.
    mutating func forget() {
        lines = lines.mapValues { line in
            var kept = Line()
            kept.closings = line.closings - line.opens
            return kept
        }
    }

    /// `[{feed, opens, refused, open, messages_in, messages_out, paths, last_opens}]`
    func write(to json: inout JSONWriter) {
        json.beginArray()
        for (feed, line) in lines.sorted(by: { $0.key < $1.key }) {
            json.beginObject()
            json.field("feed", feed)
            json.field("opens", line.opens)
            json.field("refused", line.refusals)
            json.field("open", line.opens - line.closings)
            json.field("messages_in", line.messagesIn)
            json.field("messages_out", line.messagesOut)
            json.key("paths")
            json.beginObject()
            for (path, count) in line.paths.sorted(by: { $0.key < $1.key }) {
                json.key(path)
                json.value(count)
            }
            json.endObject()
            json.field("last_opens", line.lastOpens)
            json.endObject()
        }
        json.endArray()
    }
}
