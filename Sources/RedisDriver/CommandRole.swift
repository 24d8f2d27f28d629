/// Sends commands, brings replies back, and keeps every deadline.
///
/// Unchecked: `waiting`, `active` and `timed` belong to the loop's thread; callers reach only `shared`.
final class CommandRole: ConnectionRole, @unchecked Sendable {
    private enum Status {
        case down(RedisError)
        case up
        case closed
    }

    private struct Waiter {
        let connected = Completion<Void>()
        let deadline: Instant
    }

    private struct Shared {
        var status = Status.down(RedisError(.connect, "not connected yet"))
        var inbox: [CommandBatch] = []
        var waiters: [Waiter] = []
        var commandsUnderWay = 0
        var bytesUnderWay = 0
    }

    /// hiredis moves its whole output after every partial write, so it gets little at a time.
    private static let outputLimit = 256 << 10

    private let configuration: RedisConfiguration
    private let shared = Lock(Shared())
    /// Not, or not wholly, handed to hiredis yet.
    private var waiting = FIFO<CommandBatch>()
    /// Counted as under way until answered, even if nobody waits any more.
    private var active = FIFO<CommandBatch>()
    /// The same in the order of their deadlines, without those that have passed theirs.
    private var timed = FIFO<CommandBatch>()

    init(_ configuration: RedisConfiguration) {
        self.configuration = configuration
    }

    // MARK: - For callers, on any thread

    var isConnected: Bool {
        shared.withLock { shared in
            if case .up = shared.status { true } else { false }
        }
    }

    /// Takes a batch in, or says why not.
    func refusal(admitting batch: CommandBatch) -> RedisError? {
        let size = batch.commands.bytes.count
        return shared.withLock { shared in
            switch shared.status {
            case .closed: return Self.closedError
            case .down(let error): return error
            case .up: break
            }
            let commands = shared.commandsUnderWay + batch.commands.count
            guard commands <= configuration.commandLimit, shared.bytesUnderWay + size <= configuration.byteLimit else {
                let state = "\(shared.commandsUnderWay) commands with \(shared.bytesUnderWay) bytes are under way"
                return RedisError(.overloaded, "\(state), \(batch.commands.count) with \(size) more are too many")
            }
            shared.commandsUnderWay = commands
            shared.bytesUnderWay += size
            shared.inbox.append(batch)
            return nil
        }
    }

    /// The completion of the wait for a connection; nil if there is one.
    func connectionWait(deadline: Instant) -> Completion<Void>? {
        shared.withLock { shared in
            let waiter = Waiter(deadline: deadline)
            switch shared.status {
            case .up: return nil
            case .closed: waiter.connected.settle(.failure(Self.closedError))
            case .down(let error) where !error.isTransient: waiter.connected.settle(.failure(error))
            case .down: shared.waiters.append(waiter)
            }
            return waiter.connected
        }
    }

    // MARK: - On the loop's thread

    func connected(_ link: Link) {
        let waiters = shared.withLock { shared in
            shared.status = .up
            defer { shared.waiters = [] }
            return shared.waiters
        }
        for waiter in waiters { waiter.connected.settle(.success(())) }
    }

    func disconnected(_ error: RedisError) {
        var refusal = error
        if error.isTransient, error.kind != .connect {
            refusal = RedisError(.connect, "not connected, since \(error.message)")
        }
        end(.down(refusal), lost: error)
        guard !error.isTransient else { return }
        let waiters = shared.withLock { shared in
            defer { shared.waiters = [] }
            return shared.waiters
        }
        for waiter in waiters { waiter.connected.settle(.failure(error)) }
    }

    func closed() {
        end(.closed, lost: Self.closedError)
        let waiters = shared.withLock { $0.waiters }
        for waiter in waiters { waiter.connected.settle(.failure(Self.closedError)) }
    }

    func service(_ link: Link?, now: Instant) {
        let (posted, waiters) = shared.withLock { shared in
            defer { shared.inbox = [] }
            return (shared.inbox, shared.waiters)
        }
        for batch in posted { accept(batch) }
        if !waiters.isEmpty { expire(waiters, now) }
        guard let link else { return }
        retire()
        expire(on: link, now)
        if active.isEmpty, now - link.lastHeard >= configuration.heartbeatInterval { accept(heartbeat(now)) }
        feed(link)
    }

    func nextDeadline(_ link: Link?) -> Instant? {
        var deadlines = shared.withLock { $0.waiters.map(\.deadline) }
        if let first = timed.first { deadlines.append(first.deadline) }
        if let link, active.isEmpty { deadlines.append(link.lastHeard + configuration.heartbeatInterval) }
        return deadlines.min()
    }

    private func accept(_ batch: CommandBatch) {
        waiting.append(batch)
        active.append(batch)
        timed.append(batch)
    }

    private func feed(_ link: Link) {
        while let batch = waiting.first, link.isOpen, link.unwritten < Self.outputLimit {
            if !batch.isWhollySent { batch.sendNext(on: link) }
            if batch.isWhollySent { _ = waiting.popFirst() }
        }
    }

    /// Delivers what is answered; its room is given back first, so that the caller finds it free.
    private func retire() {
        var finished: [CommandBatch] = []
        while let batch = active.first, batch.isFinished {
            _ = active.popFirst()
            finished.append(batch)
        }
        guard !finished.isEmpty else { return }
        let commands = finished.reduce(0) { $0 + $1.commands.count }
        let bytes = finished.reduce(0) { $0 + $1.commands.bytes.count }
        shared.withLock { shared in
            shared.commandsUnderWay -= commands
            shared.bytesUnderWay -= bytes
        }
        for batch in finished { batch.deliver() }
    }

    /// Fails what is late; and if the server has been silent too, gives the connection up: it may be half open.
    private func expire(on link: Link, _ now: Instant) {
        while let batch = timed.first, batch.isFinished || now >= batch.deadline {
            _ = timed.popFirst()
            guard !batch.isFinished else { continue }
            let timeout = configuration.commandTimeout
            batch.completion.settle(.failure(RedisError(.timedOut, "no reply within \(timeout)")))
            let silence = now - link.lastHeard
            if silence >= timeout / 2 {
                link.drop(RedisError(.connectionLost, "the server was silent for \(silence)"))
                return
            }
        }
    }

    private func expire(_ waiters: [Waiter], _ now: Instant) {
        for waiter in waiters where now >= waiter.deadline {
            let reason = shared.withLock { shared in
                if case .down(let error) = shared.status { error.message } else { "" }
            }
            waiter.connected.settle(.failure(RedisError(.timedOut, "still no connection: \(reason)")))
        }
        shared.withLock { $0.waiters.removeAll { $0.connected.isSettled } }
    }

    /// Any answer will do, even a refusal: it is the silence that would tell.
    private func heartbeat(_ now: Instant) -> CommandBatch {
        let batch = CommandBatch(EncodedCommands(["PING"]), deadline: now + configuration.commandTimeout)
        shared.withLock { shared in
            shared.commandsUnderWay += 1
            shared.bytesUnderWay += batch.commands.bytes.count
        }
        return batch
    }

    private func end(_ status: Status, lost error: RedisError) {
        let posted = shared.withLock { shared in
            shared.status = status
            shared.commandsUnderWay = 0
            shared.bytesUnderWay = 0
            defer { shared.inbox = [] }
            return shared.inbox
        }
        _ = waiting.removeAll()
        _ = timed.removeAll()
        let unsent = RedisError(error.kind == .closed ? .closed : .connect, "not sent: \(error.message)")
        let unanswered = RedisError(error.kind == .closed ? .closed : .connectionLost, error.message)
        for batch in active.removeAll() + posted {
            batch.deliver()
            batch.completion.settle(.failure(batch.sent == 0 ? unsent : unanswered))
        }
    }

    private static let closedError = RedisError(.closed, "the connection was closed")
}
