import FundingRuntime
import FundingStore
import WebServer

/// Answers that Postgres was asked for: made once for all who ask meanwhile, and kept for a while in Redis or, while that
/// is away, in this process.
actor AnswerCache {
    /// What has happened since the process began.
    struct Counts: Sendable, Equatable {
        var hits = 0
        var misses = 0
        var errors = 0
        /// Times that this process had to stand in for Redis.
        var fallbacks = 0

        /// From 0 to 1; nil if nobody has asked yet.
        var hitRate: Double? { hits + misses == 0 ? nil : Double(hits) / Double(hits + misses) }
    }

    private enum Limits {
        /// Answers kept in this process, and how much memory they may take.
        static let answers = 256
        static let bytes = 16 << 20
        /// A longer name is not worth its keeping.
        static let nameBytes = 512
        /// A larger answer costs Redis, and all who share it, more than it saves.
        static let answerBytes = 4 << 20
        static let compressionLevel = 4
    }

    private let redis: ResponseCache?
    private let clock = ContinuousClock()
    private var flights: [String: Flight<KeptAnswer>] = [:]
    private var kept: [String: KeptAnswer] = [:]
    private(set) var counts = Counts()

    /// - Parameter redis: nil keeps everything in this process.
    init(_ redis: ResponseCache?) {
        self.redis = redis
    }

    /// How many answers this process keeps.
    var localCount: Int { kept.count }

    /// How much memory they take.
    var localBytes: Int { kept.values.reduce(0) { $0 + $1.size } }

    /// The answer of a name.
    /// - Parameters:
    ///   - time: how long it may be used, from when it is made.
    ///   - make: reads it; what it throws is thrown to all who wait and is not kept.
    func answer(
        _ name: String, for time: Duration, contentType: String = "application/json",
        make: @escaping @Sendable () async throws -> [UInt8]
    ) async throws -> WebResponse {
        let answer = try await kept(name, for: time, contentType, make)
        var response = WebResponse.prepared(answer.body)
        response.setHeader("Cache-Control", "max-age=\(answer.secondsLeft(at: clock.now))")
        return response
    }

    /// The bytes of a part of answers, kept likewise.
    func bytes(
        _ name: String, for time: Duration, make: @escaping @Sendable () async throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await kept(name, for: time, "application/json", make).bytes
    }

    private func kept(
        _ name: String, for time: Duration, _ contentType: String,
        _ make: @escaping @Sendable () async throws -> [UInt8]
    ) async throws -> KeptAnswer {
        let flight: Flight<KeptAnswer>
        if let current = flights[name], current.join() {
            flight = current
        } else {
            flight = Flight { try await self.find(name, for: time, contentType, make) }
            flights[name] = flight
        }
        defer { if flights[name] === flight, !flight.isUnderWay { flights[name] = nil } }
        return try await flight.value()
    }

    /// Drops all that is kept, in Redis and here.
    /// - Returns: how many answers that were, and whether Redis had a part in it.
    func clear() async throws -> (count: Int, isRedis: Bool) {
        let local = kept.count
        kept = [:]
        guard let redis, redis.isConnected else { return (local, false) }
        do {
            return (try await redis.clear() + local, true)
        } catch {
            counts.errors += 1
            throw WebError(status: 503, code: "unavailable", message: "The cache is out of reach; try again soon")
        }
    }

    /// How Redis fares; nil while it is out of reach.
    func serverFacts() async -> ResponseCache.ServerFacts? {
        guard let redis, redis.isConnected else { return nil }
        do {
            return try await redis.serverFacts()
        } catch {
            counts.errors += 1
            return nil
        }
    }

    private func find(
        _ name: String, for time: Duration, _ contentType: String, _ make: @Sendable () async throws -> [UInt8]
    ) async throws -> KeptAnswer {
        let isKeepable = name.utf8.count <= Limits.nameBytes
        if isKeepable, let answer = await recall(name, contentType) {
            counts.hits += 1
            return answer
        }
        counts.misses += 1
        let bytes = try await make()
        let answer = KeptAnswer(bytes, contentType, goodUntil: clock.now + time, level: Limits.compressionLevel)
        if isKeepable, bytes.count <= Limits.answerBytes { await keep(answer, as: name, for: time) }
        return answer
    }

    private func recall(_ name: String, _ contentType: String) async -> KeptAnswer? {
        if let redis, redis.isConnected {
            do {
                guard let stored = try await redis.value(of: name) else { return nil }
                return KeptAnswer(stored: stored, contentType, now: clock.now, level: Limits.compressionLevel)
            } catch {
                counts.errors += 1
            }
        }
        guard let answer = kept[name], answer.goodUntil > clock.now else { return nil }
        return answer
    }

    private func keep(_ answer: KeptAnswer, as name: String, for time: Duration) async {
        if let redis, redis.isConnected {
            do {
                return try await redis.keep(answer.stored(), as: name, for: time)
            } catch {
                counts.errors += 1
            }
        }
        counts.fallbacks += 1
        kept[name] = answer
        makeRoom()
    }

    /// Drops what is no longer good, then what is good for the shortest time.
    private func makeRoom() {
        var bytes = localBytes
        guard kept.count > Limits.answers || bytes > Limits.bytes else { return }
        let now = clock.now
        for (name, answer) in kept.sorted(by: { $0.value.goodUntil < $1.value.goodUntil }) {
            guard answer.goodUntil <= now || kept.count > Limits.answers || bytes > Limits.bytes else { return }
            kept[name] = nil
            bytes -= answer.size
        }
    }
}
