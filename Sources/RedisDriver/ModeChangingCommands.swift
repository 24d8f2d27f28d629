/// Commands that a shared, self-repairing connection cannot carry.
enum ModeChangingCommands {
    /// They give the connection another mode, identity or number of replies, which all its users would feel and a
    /// reconnect would lose.
    private static let names: Set<String> = [
        "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE", "MONITOR", "SYNC",
        "PSYNC", "QUIT", "RESET", "HELLO", "AUTH", "SELECT",
    ]

    /// What speaks against sending the command, if anything does.
    static func objection(to command: [RedisArgument]) -> RedisError? {
        guard let first = command.first, !first.bytes.isEmpty else {
            return RedisError(.protocolViolation, "a command needs a name")
        }
        // The longest name has 12 letters; other commands are not worth a string.
        guard first.bytes.count <= 12 else { return nil }
        let name = String(decoding: first.bytes, as: UTF8.self).uppercased()
        let mutes = name == "CLIENT" && command.dropFirst().first?.word == "REPLY"
        guard mutes || names.contains(name) else { return nil }
        return RedisError(.protocolViolation, "\(name) would change the mode of a shared connection")
    }
}

extension RedisArgument {
    fileprivate var word: String { String(decoding: bytes, as: UTF8.self).uppercased() }
}
