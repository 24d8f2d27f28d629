import CLibcurl
import Glibc

/// A multi handle and the one thread that drives it. Others only leave commands in its inbox and wake it.
///
/// Unchecked: `transfers` and every use of `multi` belong to the thread, except `curl_multi_wakeup`, which any thread
/// may call as long as the handle lives: the inbox's lock is held for it and `isOpen` says whether it does.
final class Engine: @unchecked Sendable {
    private enum Command {
        case start(Transfer)
        case cancel(Transfer)
    }

    private struct Inbox {
        var commands: [Command] = []
        var inFlight = 0
        var isClosing = false
        /// Whether the multi handle lives.
        var isOpen = true
        /// Whether the thread has nothing left to do.
        var isDone = false
        var thread: EngineThread?
        var closing: [CheckedContinuation<Void, Never>] = []
    }

    /// How long an idle loop sleeps; a command wakes it.
    private static let idlePoll: Int32 = 60_000

    private static let globalInit: Void = {
        let code = curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        precondition(code == CURLE_OK, "libcurl could not be initialised: \(String(cString: curl_easy_strerror(code)))")
    }()

    private let multi: UnsafeMutableRawPointer
    private let transfers: Transfers
    private let inbox = Locked(Inbox())
    private let maximumInFlight: Int

    init(userAgent: String, connectionsPerHost: Int, maximumInFlight: Int) {
        Self.globalInit
        guard let multi = curl_multi_init() else { preconditionFailure("no memory for libcurl's multi handle") }
        self.multi = multi
        // By default libcurl keeps four idle connections a transfer: one transfer at a time would lose most of them.
        curl_driver_multi_set_long(multi, CURLMOPT_MAXCONNECTS, max(maximumInFlight, 64))
        transfers = Transfers(multi: multi, userAgent: userAgent, connectionsPerHost: connectionsPerHost)
        self.maximumInFlight = maximumInFlight
        let thread = EngineThread(name: "curl-engine") { self.run() }
        inbox.withLock { $0.thread = thread }
    }

    /// Hands a transfer to the thread, or ends it here if there is no room.
    func start(_ transfer: Transfer, _ continuation: CheckedContinuation<Transfer.Outcome, Never>) {
        transfer.await(continuation)
        let refusal: HTTPFetchError? = inbox.withLock { inbox in
            guard !inbox.isClosing else { return transfer.failure(.closed, "the fetcher was closed") }
            guard inbox.inFlight < maximumInFlight else {
                return transfer.failure(.overloaded, "\(maximumInFlight) requests are in flight already")
            }
            inbox.inFlight += 1
            post(.start(transfer), in: &inbox)
            return nil
        }
        if let refusal { transfer.end(.failure(refusal)) }
    }

    /// Ends a transfer with `.cancelled`, also one that the thread has not seen yet.
    func cancel(_ transfer: Transfer) {
        transfer.markCancelled()
        inbox.withLock { post(.cancel(transfer), in: &$0) }
    }

    /// Ends all transfers and the thread, and returns when both are gone.
    func close() async {
        await withCheckedContinuation { continuation in
            let isDone = inbox.withLock { inbox in
                if !inbox.isDone { inbox.closing.append(continuation) }
                requestEnd(in: &inbox)
                return inbox.isDone
            }
            if isDone { continuation.resume() }
        }
        // The thread has done everything but return, so this does not block.
        takeThread()?.join()
    }

    /// Ends the thread without waiting for it.
    func abandon() {
        inbox.withLock { requestEnd(in: &$0) }
        takeThread()?.detach()
    }

    private func takeThread() -> EngineThread? {
        inbox.withLock { inbox in
            defer { inbox.thread = nil }
            return inbox.thread
        }
    }

    private func requestEnd(in inbox: inout Inbox) {
        inbox.isClosing = true
        if inbox.isOpen { curl_multi_wakeup(multi) }
    }

    private func post(_ command: Command, in inbox: inout Inbox) {
        guard inbox.isOpen else { return }
        inbox.commands.append(command)
        // More than one command needs no more than one wake-up: the thread takes them all.
        if inbox.commands.count == 1 { curl_multi_wakeup(multi) }
    }
}

// MARK: - On the thread

extension Engine {
    private func run() {
        while !performCommands() {
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            transfers.collectFinished()
            transfers.expire(at: .now)
            answerCallers()
            sleep()
        }
        transfers.closeAll()
        answerCallers()
        shutDown()
    }

    /// Does what others asked for; true if that was to end.
    private func performCommands() -> Bool {
        let (commands, isClosing) = inbox.withLock { inbox in
            defer { inbox.commands.removeAll() }
            return (inbox.commands, inbox.isClosing)
        }
        for command in commands {
            switch command {
            case .start(let transfer): transfers.start(transfer)
            case .cancel(let transfer): transfers.cancel(transfer)
            }
        }
        return isClosing
    }

    /// Tells the callers of what has ended; their room is free before they can ask for it again.
    private func answerCallers() {
        let ended = transfers.takeEnded()
        guard !ended.isEmpty else { return }
        inbox.withLock { $0.inFlight -= ended.count }
        for (transfer, outcome) in ended { transfer.end(outcome) }
    }

    /// Waits for a socket, for a command, or until the next deadline.
    private func sleep() {
        var milliseconds = Self.idlePoll
        if let deadline = transfers.nextDeadline {
            let left = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
            milliseconds = Int32(max(0, min(left.rounded(.up), Double(Self.idlePoll))))
        }
        guard curl_multi_poll(multi, nil, 0, milliseconds, nil) != CURLM_OK else { return }
        // poll(2) itself failed. The deadlines still end the transfers; the pause keeps the loop from spinning.
        usleep(10_000)
    }

    private func shutDown() {
        inbox.withLock { $0.isOpen = false }
        curl_multi_cleanup(multi)
        let closing = inbox.withLock { inbox in
            defer { inbox.closing = [] }
            inbox.isDone = true
            return inbox.closing
        }
        for continuation in closing { continuation.resume() }
    }
}
