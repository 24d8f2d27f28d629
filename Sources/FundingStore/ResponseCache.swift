public import RedisDriver

/// Answers that are kept for a while in Redis, where all processes of the API find them. Losing them costs time only.
public struct ResponseCache: Sendable {
    /// How a Redis server fares.
    public struct ServerFacts: Sendable, Equatable {
        /// Answers that are kept.
        public var answers: Int
        public var usedMemory: String?
        public var usedMemoryBytes: Int?
        public var version: String?
    }

    /// All keys begin so; nothing else in Redis is touched.
    public let prefix: String
    /// Keys looked at in one step.
    private static let step = 500

    private let redis: RedisConnection

    /// - Parameter source: names what the answers are made from, such as a database: two that share a Redis share no
    ///   answers.
    public init(_ redis: RedisConnection, of source: String) {
        self.redis = redis
        // Some characters mean something in a pattern of keys.
        let name = source.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") ? $0 : "_" }
        prefix = "funding:cache:\(String(name)):"
    }

    public var isConnected: Bool { redis.isConnected }

    /// What is kept under a name; nil if nothing is, or no longer.
    public func value(of name: String) async throws(RedisError) -> [UInt8]? {
        try await redis.get(prefix + name)
    }

    public func keep(_ bytes: [UInt8], as name: String, for time: Duration) async throws(RedisError) {
        try await redis.set(prefix + name, bytes, expire: time)
    }

    /// Drops all that is kept.
    /// - Returns: how many answers that were.
    public func clear() async throws(RedisError) -> Int {
        var dropped = 0
        try await scan { (keys) throws(RedisError) in
            dropped += try await redis.send(["UNLINK"] + keys.map { RedisArgument($0) }).int ?? 0
        }
        return dropped
    }

    public func serverFacts() async throws(RedisError) -> ServerFacts {
        var answers = 0
        try await scan { (keys) throws(RedisError) in answers += keys.count }
        let info = try await redis.send(["INFO"]).text ?? ""
        var facts: [Substring: String] = [:]
        for line in info.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { facts[parts[0]] = String(parts[1]) }
        }
        return ServerFacts(
            answers: answers, usedMemory: facts["used_memory_human"],
            usedMemoryBytes: facts["used_memory"].flatMap { Int($0) },
            version: facts["redis_version"])
    }

    /// Walks over the keys of the answers, some at a time; one that comes or goes meanwhile may be met or not.
    private func scan(_ visit: ([String]) async throws(RedisError) -> Void) async throws(RedisError) {
        var cursor = "0"
        repeat {
            let reply = try await redis.send([
                "SCAN", RedisArgument(cursor), "MATCH", RedisArgument(prefix + "*"), "COUNT",
                RedisArgument(Self.step),
            ])
            guard let parts = reply.elements, parts.count == 2, let next = parts[0].text, let found = parts[1].elements
            else { throw RedisError(.protocolViolation, "SCAN must be answered with a cursor and keys") }
            let keys = found.compactMap(\.text)
            if !keys.isEmpty { try await visit(keys) }
            cursor = next
        } while cursor != "0"
    }
}
