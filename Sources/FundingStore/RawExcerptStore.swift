public import FundingCore
public import RedisDriver

/// Keeps in Redis what exchanges literally said of each contract at the last poll. Losing it costs a look at the source of a
/// number, and nothing else.
public struct RawExcerptStore: Sendable {
    /// A feed that is polled no more is forgotten after so many seconds.
    private static let kept = 3600

    private let redis: RedisConnection

    public init(_ redis: RedisConnection) { self.redis = redis }

    private static func key(_ feed: FeedID) -> RedisArgument { RedisArgument("funding:raw:\(feed)") }

    /// - Parameters:
    ///   - excerpts: by the contract's symbol.
    ///   - isComplete: whether contracts that are not among them are no longer listed.
    public func keep(_ excerpts: [String: [RawExcerpt]], of feed: FeedID, isComplete: Bool) async throws(RedisError) {
        guard !excerpts.isEmpty else { return }
        let key = Self.key(feed)
        var write: [RedisArgument] = ["HSET", key]
        for (symbol, list) in excerpts { write += [RedisArgument(symbol), RedisArgument(list.encoded())] }
        let commands = [write, ["EXPIRE", key, RedisArgument(Self.kept)]]
        _ = try await redis.pipeline(isComplete ? [["DEL", key]] + commands : commands)
    }

    /// What was said of a contract; nil if nothing is kept of it.
    public func excerpts(of symbol: String, on feed: FeedID) async throws -> [RawExcerpt]? {
        guard case .string(let bytes) = try await redis.send(["HGET", Self.key(feed), RedisArgument(symbol)]) else {
            return nil
        }
        return try [RawExcerpt](wire: bytes)
    }
}
