public import Foundation
public import FundingJSON

/// What an exchange said to one request.
public struct Answer: Sendable {
    public var request: ExchangeRequest
    public var document: JSONDocument
    /// When the whole body had arrived.
    public var receivedAt: Date

    public init(to request: ExchangeRequest, _ document: JSONDocument, receivedAt: Date) {
        self.request = request
        self.document = document
        self.receivedAt = receivedAt
    }

    public var root: JSONView { document.root }
}

/// The answers of one poll, kept listings included.
public struct Answers: Sendable {
    private var byName: [String: [Answer]] = [:]

    public init(_ answers: [Answer] = []) {
        for answer in answers { append(answer) }
    }

    public mutating func append(_ answer: Answer) {
        byName[answer.request.name, default: []].append(answer)
    }

    /// All answers of a name, pages and keys in the order they came.
    public subscript(name: String) -> [Answer] { byName[name] ?? [] }

    /// The latest answer of a name that must be there.
    public func one(_ name: String) throws -> Answer {
        guard let answer = byName[name]?.last else { throw Rejection("no answer to \(name)") }
        return answer
    }

    public var isEmpty: Bool { byName.isEmpty }

    public var all: [Answer] { byName.values.flatMap { $0 } }

    public func merging(_ other: Answers) -> Answers {
        Answers(all + other.all)
    }
}
