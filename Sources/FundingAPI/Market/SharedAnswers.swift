import Foundation
import FundingCore
import WebServer

/// Answers made from the picture of the market, encoded and compressed once for all who ask the same: after each change, or
/// less often where that would take more than a third of the time. Those who ask while one is made wait for it.
actor SharedAnswers {
    struct Answer: Sendable {
        let body: PreparedBody
        /// How many rows there are, of which the answer may be a part.
        let total: Int
        fileprivate let sequence: Int
        fileprivate let madeAt: ContinuousClock.Instant
        /// How long the making took.
        fileprivate let effort: Duration
    }

    /// What is made: a body, and how many rows there are.
    typealias Make = @Sendable (MarketView.Picture, Date) -> (bytes: [UInt8], total: Int)

    private enum Limits {
        /// How old an answer may be while the market keeps changing: so many times as long as it took to make, and no more.
        static let rest = 3
        static let coalescing = Duration.milliseconds(250)
        /// How old it may be while nothing changes: the ages in it do.
        static let age = Duration.seconds(1)
        static let compressionLevel = 4
        static let bytes = 16 << 20
    }

    private let view: MarketView
    private let session: String
    private let clock = ContinuousClock()
    private var flights: [String: Task<Answer, Never>] = [:]
    private var kept: [String: Answer] = [:]

    init(view: MarketView, session: String) {
        self.view = view
        self.session = session
    }

    /// The answer to all requests of one name.
    func answer(_ name: String, _ make: @escaping Make) async -> Answer {
        let now = clock.now
        if let answer = kept[name], isGood(answer, at: now) { return answer }
        if let flight = flights[name] { return await flight.value }
        let flight = Task {
            let answer = await Self.made(of: view.current, session, make)
            flights[name] = nil
            keep(answer, as: name)
            return answer
        }
        flights[name] = flight
        return await flight.value
    }

    private func isGood(_ answer: Answer, at now: ContinuousClock.Instant) -> Bool {
        let isCurrent = answer.sequence == view.current.sequence
        return now - answer.madeAt < (isCurrent ? Limits.age : min(Limits.coalescing, answer.effort * Limits.rest))
    }

    /// Away from the actor: it may take a tenth of a second, which is no matter of those who ask for something else.
    @concurrent private static func made(
        of picture: MarketView.Picture, _ session: String, _ make: Make
    ) async -> Answer {
        let begin = ContinuousClock.now
        let now = Date()
        let (bytes, total) = make(picture, now)
        let body = PreparedBody(
            bytes, contentType: "application/json", etag: MarketSource.tag(session, picture, now),
            compressionLevel: Limits.compressionLevel, maxAge: MarketSource.maxAge)
        return Answer(
            body: body, total: total, sequence: picture.sequence, madeAt: begin, effort: ContinuousClock.now - begin)
    }

    private func keep(_ answer: Answer, as name: String) {
        let now = clock.now
        kept = kept.filter { now - $0.value.madeAt < Limits.age }
        let bytes = kept.values.reduce(answer.byteCount) { $0 + $1.byteCount }
        if bytes <= Limits.bytes { kept[name] = answer }
    }
}

extension SharedAnswers.Answer {
    fileprivate var byteCount: Int { body.byteCount + (body.compressedByteCount ?? 0) }
}
