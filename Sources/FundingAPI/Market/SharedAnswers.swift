import Foundation
import FundingCore
import FundingRuntime
import WebServer

/// Answers made from the picture of the market, encoded and compressed once for all who ask the same: after a change, and
/// in no more than a small part of the time. Those who ask while one is made anew get the last one, if it is of just now.
final class SharedAnswers: Sendable {
    struct Answer: Sendable {
        let body: PreparedBody
        /// How many rows there are, of which the answer may be a part.
        let total: Int
        fileprivate let aging: Aging
        fileprivate let sequence: Int
        fileprivate let madeAt: ContinuousClock.Instant
        /// How long the making took.
        fileprivate let effort: Duration
    }

    /// What makes another answer of one that was right when it was made.
    enum Aging: Sendable {
        /// A change of the market, and time: it tells ages.
        case byTime
        /// A change of the market.
        case byChange
    }

    /// What is made: a body, and how many rows there are.
    /// - Parameter length: about how many bytes the body will have, as far as is known.
    typealias Make =
        @Sendable (_ picture: MarketView.Picture, _ now: Date, _ length: Int) -> (
            bytes: [UInt8], total: Int
        )

    private enum Limits {
        /// How old an answer may be while the market keeps changing: so many times as long as it took to make, and no more.
        static let rest = 10
        static let coalescing = Duration.milliseconds(500)
        /// How much older, while the next is made: so many times as long as it took to make.
        static let patience = 2
        /// How old it may be while nothing changes but ages.
        static let age = Duration.seconds(1)
        /// Room for an answer to become longer than the last.
        static let growth = 4096
        static let compressionLevel = 4
        static let bytes = 16 << 20
    }

    private struct Shelf {
        var kept: [String: Answer] = [:]
        var makings: [String: Task<Answer, Never>] = [:]
    }

    private enum Step {
        case take(Answer)
        case wait(for: Task<Answer, Never>)
    }

    private let view: MarketView
    private let session: String
    private let clock = ContinuousClock()
    private let shelf = Lock(Shelf())

    init(view: MarketView, session: String) {
        self.view = view
        self.session = session
    }

    /// The answer to all requests of one name.
    func answer(_ name: String, aging: Aging = .byTime, _ make: @escaping Make) async -> Answer {
        let now = clock.now
        let sequence = view.shared.picture.sequence
        let step = shelf.withLock { shelf -> Step in
            let kept = shelf.kept[name]
            if let kept, kept.age(at: now) < goodFor(kept, at: sequence) { return .take(kept) }
            let making = shelf.makings[name] ?? begin(name, aging, length: kept?.body.byteCount ?? 0, make)
            shelf.makings[name] = making
            if let kept, kept.age(at: now) < bearableFor(kept, at: sequence) { return .take(kept) }
            return .wait(for: making)
        }
        return switch step {
        case .take(let answer): answer
        case .wait(let making): await making.value
        }
    }

    private func goodFor(_ answer: Answer, at sequence: Int) -> Duration {
        guard answer.sequence == sequence else { return min(Limits.coalescing, answer.effort * Limits.rest) }
        return answer.aging == .byChange ? .seconds(Int32.max) : Limits.age
    }

    private func bearableFor(_ answer: Answer, at sequence: Int) -> Duration {
        goodFor(answer, at: sequence) + answer.effort * Limits.patience
    }

    private func begin(
        _ name: String, _ aging: Aging, length: Int, _ make: @escaping Make
    ) -> Task<Answer, Never> {
        Task {
            let begin = clock.now
            let picture = view.current
            let now = Date()
            let (bytes, total) = make(picture, now, length + Limits.growth)
            let tag =
                switch aging {
                case .byTime: MarketSource.tag(session, picture, now)
                case .byChange: "\"\(session)-\(picture.sequence)\""
                }
            let body = PreparedBody(
                bytes, contentType: "application/json", etag: tag, compressionLevel: Limits.compressionLevel,
                maxAge: MarketSource.maxAge)
            let answer = Answer(
                body: body, total: total, aging: aging, sequence: picture.sequence, madeAt: begin,
                effort: clock.now - begin)
            keep(answer, as: name)
            return answer
        }
    }

    private func keep(_ answer: Answer, as name: String) {
        let now = clock.now
        let sequence = view.shared.picture.sequence
        shelf.withLock { shelf in
            shelf.makings[name] = nil
            shelf.kept = shelf.kept.filter { $0.value.age(at: now) < max(goodFor($0.value, at: sequence), Limits.age) }
            shelf.kept[name] = nil
            let bytes = shelf.kept.values.reduce(answer.byteCount) { $0 + $1.byteCount }
            if bytes <= Limits.bytes { shelf.kept[name] = answer }
        }
    }
}

extension SharedAnswers.Answer {
    fileprivate var byteCount: Int { body.byteCount + (body.compressedByteCount ?? 0) }

    fileprivate func age(at now: ContinuousClock.Instant) -> Duration { now - madeAt }
}
