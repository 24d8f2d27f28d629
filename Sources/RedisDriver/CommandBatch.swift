/// The commands of one call, which travel together and are answered together.
///
/// Unchecked: the caller's task sees only `completion`; all that varies belongs to the loop's thread.
final class CommandBatch: ReplySink, @unchecked Sendable {
    let commands: EncodedCommands
    let deadline: ContinuousClock.Instant
    let completion = Completion<[RedisReply]>()
    private(set) var sent = 0
    private var answered = 0
    private var replies: [RedisReply] = []
    private var isCutShort = false

    init(_ commands: EncodedCommands, deadline: ContinuousClock.Instant) {
        self.commands = commands
        self.deadline = deadline
    }

    /// Whether no reply is outstanding and nothing is left to send.
    var isFinished: Bool { answered == (isCutShort ? sent : commands.count) }

    var isWhollySent: Bool { isCutShort || sent == commands.count }

    /// Sends the next command, or gives up the rest if nobody waits for it any more.
    func sendNext(on link: Link) {
        guard !completion.isSettled else {
            isCutShort = true
            return
        }
        let range = commands.range(of: sent)
        let taken = commands.bytes.withUnsafeBufferPointer { link.send(.init(rebasing: $0[range]), to: self) }
        // hiredis refuses only while it takes the connection down, which then fails this batch too.
        if taken { sent += 1 } else { isCutShort = true }
    }

    override func receive(_ reply: RedisReply?) {
        guard let reply else { return }
        answered += 1
        if !completion.isSettled { replies.append(reply) }
    }

    /// Hands the replies to the caller if all have come.
    func deliver() {
        if replies.count == commands.count { completion.settle(.success(replies)) }
    }
}
