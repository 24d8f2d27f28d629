/// Takes the replies to what was sent over a link. Runs on the loop's thread.
class ReplySink {
    /// `nil` means that the connection ended before the reply came.
    func receive(_ reply: RedisReply?) {
        preconditionFailure("a sink says what it does with replies")
    }
}

/// A sink made of a closure.
final class ClosureSink: ReplySink {
    private let body: (RedisReply?) -> Void

    init(_ body: @escaping (RedisReply?) -> Void) {
        self.body = body
    }

    override func receive(_ reply: RedisReply?) {
        body(reply)
    }
}
