import FundingJSON

/// Who asked what, when, and what came of it: counts of everything, details of the last thousand.
struct RequestJournal: Sendable {
    struct Entry: Sendable {
        /// Milliseconds since 1970, by the machine's clock.
        var at: Int
        var feed: String
        var method: String
        var path: String
        /// What tells two requests of one path apart, as sent.
        var query: String
        var client: String
        /// 0: there was no answer.
        var status: Int
        var fault: String?
    }

    /// Of streams.
    var streams = StreamJournal()

    private struct Place: Hashable, Comparable {
        var feed: String
        var path: String

        static func < (left: Place, right: Place) -> Bool { (left.feed, left.path) < (right.feed, right.path) }
    }

    private var statuses: [Place: [Int: Int]] = [:]
    private var recent: [Entry] = []
    private var oldest = 0
    private static let kept = 1000
    /// Paths come from outside, so their number has a bound; what is beyond is counted together.
    private static let maximumPlaces = 1000

    mutating func forget() {
        let streams = streams
        self = RequestJournal()
        self.streams = streams
        self.streams.forget()
    }

    mutating func add(_ entry: Entry) {
        var place = Place(feed: entry.feed, path: entry.path)
        if statuses[place] == nil, statuses.count >= Self.maximumPlaces { place.path = "…" }
        statuses[place, default: [:]][entry.status, default: 0] += 1
        if recent.count < Self.kept {
            recent.append(entry)
        } else {
            recent[oldest] = entry
            oldest = (oldest + 1) % Self.kept
        }
    }

    /// `{"counts":[{feed, path, count, statuses}], "recent":[{at, feed, method, …}], "streams":[…]}`, the latest last;
    /// see `StreamJournal` for its part.
    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.key("counts")
        json.beginArray()
        for (place, counts) in statuses.sorted(by: { $0.key < $1.key }) {
            json.beginObject()
            json.field("feed", place.feed)
            json.field("path", place.path)
            json.field("count", counts.values.reduce(0, +))
            json.key("statuses")
            json.beginObject()
            for (status, count) in counts.sorted(by: { $0.key < $1.key }) {
                json.key("\(status)")
                json.value(count)
            }
            json.endObject()
            json.endObject()
        }
        json.endArray()
        json.key("recent")
        json.beginArray()
        for entry in recent[oldest...] + recent[..<oldest] {
            json.beginObject()
            json.field("at", entry.at)
            json.field("feed", entry.feed)
            json.field("method", entry.method)
            json.field("path", entry.path)
            json.field("query", entry.query)
            json.field("client", entry.client)
            json.field("status", entry.status)
            json.field("fault", entry.fault)
            json.endObject()
        }
        json.endArray()
        json.key("streams")
        streams.write(to: &json)
        json.endObject()
    }
}
