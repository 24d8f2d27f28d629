/// A connection for commands. It connects in the background, logs in, and connects again by itself after a loss.
///
/// Commands of all tasks share it and are pipelined. While it is down they fail at once: nothing is kept for later,
/// and nothing is ever sent twice. A command that keeps the server busy or waits there (`BLPOP`) holds up all others;
/// transactions (`MULTI` to `EXEC`) belong into one `pipeline`, whose commands stay together.
public final class RedisConnection: Sendable {
    private let configuration: RedisConfiguration
    private let role: CommandRole
    private let loop: ConnectionLoop

    /// Starts connecting in the background.
    /// - Parameter name: names the thread and, in `CLIENT LIST`, the client.
    public init(_ configuration: RedisConfiguration, name: String) {
        self.configuration = configuration
        role = CommandRole(configuration)
        loop = ConnectionLoop(configuration, name: name, role: role)
        loop.start()
    }

    deinit {
        loop.requestClose()
    }

    /// Whether a command sent now would go out.
    public var isConnected: Bool { role.isConnected }

    /// Sends one command and waits for its reply, at most for the configuration's `commandTimeout`.
    /// - Throws: `RedisError`; of the kind `server` if the reply is an error.
    nonisolated(nonsending) public func send(_ command: [RedisArgument]) async throws(RedisError) -> RedisReply {
        let reply = try await pipeline([command])[0]
        if case .error(let code, let message) = reply { throw RedisError(serverReply: "\(code) \(message)") }
        return reply
    }

    /// Sends several commands at once and waits for all replies, one for each command in the same order.
    ///
    /// A command the server refuses does not stop the others: its reply is `RedisReply.error`. The whole pipeline has
    /// one `commandTimeout`. When it fails, any number of its commands may have been executed.
    nonisolated(nonsending) public func pipeline(_ commands: [[RedisArgument]]) async throws(RedisError) -> [RedisReply]
    {
        for command in commands {
            if let objection = ModeChangingCommands.objection(to: command) { throw objection }
        }
        guard !commands.isEmpty else { return [] }
        guard !Task.isCancelled else { throw RedisError(.cancelled, "not sent: the task was cancelled before") }
        let batch = CommandBatch(EncodedCommands(commands), deadline: .now + configuration.commandTimeout)
        if let refusal = role.refusal(admitting: batch) { throw refusal }
        loop.wake()
        return try await batch.completion.value()
    }

    /// Publishes to a channel.
    /// - Returns: how many subscribers the server passed it on to.
    nonisolated(nonsending) public func publish(_ channel: String, _ payload: [UInt8]) async throws(RedisError) -> Int {
        let reply = try await send(["PUBLISH", RedisArgument(channel), RedisArgument(payload)])
        guard case .integer(let receivers) = reply else { throw Self.unexpected("PUBLISH", "a number") }
        return receivers
    }

    /// The bytes stored at the key, nil if there are none.
    nonisolated(nonsending) public func get(_ key: String) async throws(RedisError) -> [UInt8]? {
        switch try await send(["GET", RedisArgument(key)]) {
        case .string(let bytes): return bytes
        case .null: return nil
        default: throw Self.unexpected("GET", "bytes or nothing")
        }
    }

    /// Stores bytes at the key.
    /// - Parameter expire: when the server forgets them, in whole milliseconds rounded up; nil for never.
    nonisolated(nonsending) public func set(_ key: String, _ value: [UInt8], expire: Duration? = nil)
        async throws(RedisError)
    {
        var command: [RedisArgument] = ["SET", RedisArgument(key), RedisArgument(value)]
        if let expire {
            let milliseconds = (expire / .milliseconds(1)).rounded(.up)
            guard milliseconds >= 1, milliseconds < 9e15 else {
                throw RedisError(.configuration, "an expiry must be positive, not \(expire)")
            }
            command += ["PX", RedisArgument(Int(milliseconds))]
        }
        guard case .status = try await send(command) else { throw Self.unexpected("SET", "OK") }
    }

    /// Waits until commands can be sent.
    /// - Throws: `timedOut` with the last attempt's reason; at once if the server refuses the login, since waiting
    ///   would not change that.
    nonisolated(nonsending) public func waitUntilConnected(timeout: Duration) async throws(RedisError) {
        guard let wait = role.connectionWait(deadline: .now + timeout) else { return }
        loop.wake()
        try await wait.value()
    }

    /// Ends the connection and its thread. What is under way fails as `closed`. May be called again.
    public func close() async {
        loop.requestClose()
        await loop.finished.wait()
    }

    private static func unexpected(_ command: String, _ expected: String) -> RedisError {
        RedisError(.protocolViolation, "\(command) must be answered with \(expected)")
    }
}
