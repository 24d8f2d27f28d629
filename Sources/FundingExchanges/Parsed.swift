public import FundingJSON

/// One of a feed's answers that could not be read at all.
public struct UnreadableAnswer: Hashable, Sendable {
    /// The request's label.
    public var request: String
    public var reason: String
}

/// A row we could not read: counted, logged and stored with its reason.
public struct Reject: Hashable, Sendable {
    public var symbol: String
    public var reason: String

    public init(symbol: String, reason: String) {
        self.symbol = symbol
        self.reason = reason
    }
}

/// Why a row cannot be read. Thrown while parsing a row, it becomes a `Reject`.
public struct Rejection: Error, Sendable, Equatable {
    public var reason: String
    /// The listing the row was joined with must be out of date: ask for it again.
    public var outdatesListings = false

    public init(_ reason: String, outdatesListings: Bool = false) {
        self.reason = reason
        self.outdatesListings = outdatesListings
    }
}

/// A row that is not ours on purpose: a dated future, a delisted contract. Counted apart from rejects.
public enum Exclusion: String, Error, Sendable, CaseIterable {
    case dated, delisted, prelaunch, spot, suspended
    /// A bet on an outcome: it pays no funding.
    case prediction
    /// A payment beside funding, such as a dividend's adjustment.
    case special
    /// In the rate list, but not among the listed contracts.
    case unlisted
    /// The payment to come, still an estimate, among those that were made.
    case running
}

/// Rows read, rows refused, rows left out on purpose: together they are all rows of an answer.
public struct Parsed<Row: Sendable>: Sendable {
    public var rows: [Row] = []
    public var rejects: [Reject] = []
    public var excluded: [Exclusion: Int] = [:]
    /// Answers that could not be read at all; what the others hold stands.
    public var unreadable: [UnreadableAnswer] = []
    /// A reject showed that a kept listing is out of date.
    public var listingsAreOutdated = false

    public init() {}

    /// Reads one of several answers: an error thrown there concerns that answer alone, nothing of it is kept.
    public mutating func part(_ answer: Answer, _ read: (inout Self) throws -> Void) {
        let before = self
        do {
            try read(&self)
        } catch {
            self = before
            let reason = (error as? Rejection)?.reason ?? "\(error)"
            unreadable.append(UnreadableAnswer(request: answer.request.label, reason: reason))
        }
    }

    /// Reads each element by `read`; an error thrown there concerns that element alone.
    /// - Parameter symbol: names the element in its reject; where it returns nil the element's text stands in.
    public mutating func read(
        _ elements: some Sequence<JSONView>, symbol: (JSONView) -> String?, _ read: (JSONView) throws -> Row
    ) {
        for element in elements {
            add(symbol: symbol(element) ?? element.excerpt) { try read(element) }
        }
    }

    /// Adds what `make` returns, or the reject or exclusion it throws.
    public mutating func add(symbol: String, _ make: () throws -> Row) {
        do {
            rows.append(try make())
        } catch let exclusion as Exclusion {
            excluded[exclusion, default: 0] += 1
        } catch let rejection as Rejection {
            rejects.append(Reject(symbol: symbol, reason: rejection.reason))
            if rejection.outdatesListings { listingsAreOutdated = true }
        } catch {
            rejects.append(Reject(symbol: symbol, reason: "\(error)"))
        }
    }
}
