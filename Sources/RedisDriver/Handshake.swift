/// Logs a fresh link in: user and password, database, and the client's name for `CLIENT LIST`.
final class Handshake {
    enum Outcome {
        case pending
        case ready
        case failed(RedisError)
    }

    private(set) var outcome = Outcome.pending
    private var unanswered = 0

    /// Sends all steps at once; the name comes last, so its reply completes the handshake.
    func begin(on link: Link, _ configuration: RedisConfiguration, name: String) {
        var steps: [[RedisArgument]] = []
        if let user = configuration.user {
            steps.append(["AUTH", RedisArgument(user), RedisArgument(configuration.password ?? "")])
        } else if let password = configuration.password {
            steps.append(["AUTH", RedisArgument(password)])
        }
        if configuration.database != 0 { steps.append(["SELECT", RedisArgument(configuration.database)]) }
        for step in steps { send(step, on: link) { _ in true } }
        // An ACL may forbid a client to name itself, which does no harm; having to log in first does.
        send(["CLIENT", "SETNAME", RedisArgument(Self.clientName(name))], on: link) { $0 == "NOAUTH" }
    }

    private func send(_ step: [RedisArgument], on link: Link, isFatal: @escaping (String) -> Bool) {
        unanswered += 1
        let sink = ClosureSink { [weak self] reply in
            guard let self, let reply else { return }
            self.unanswered -= 1
            guard case .pending = self.outcome else { return }
            if case .error(let code, let message) = reply, message.hasPrefix("max number of clients") || isFatal(code) {
                self.outcome = .failed(RedisError(serverReply: "\(code) \(message)"))
            } else if self.unanswered == 0 {
                self.outcome = .ready
            }
        }
        if !link.send(step, to: sink) { outcome = .failed(RedisError(.connect, "hiredis refused the login commands")) }
    }

    /// Redis takes only printable ASCII without spaces as a client's name.
    static func clientName(_ name: String) -> String {
        String(decoding: name.utf8.map { (0x21...0x7E).contains($0) ? $0 : UInt8(ascii: "-") }, as: UTF8.self)
    }
}
