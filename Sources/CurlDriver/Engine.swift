import CLibcurl
import Glibc

/// A multi handle and the one thread that drives it. Others only leave commands in its inbox and wake it.
///
/// Unchecked: `transfers`, `sockets` and every use of `multi` belong to the thread, except `curl_multi_wakeup`, which any thread
/// may call as long as the handle lives: the inbox's lock is held for it and `isOpen` says whether it does.
final class Engine: @unchecked Sendable {
    private enum Command {
        case start(Transfer)
        case cancel(Transfer)
        case open(WebSocketLink)
        case cancelOpening(WebSocketLink)
        case serve(WebSocketLink)
    }

    private struct Inbox {
        var commands: [Command] = []
        var inFlight = 0
        var openSockets = 0
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
    private let sockets: WebSockets
    private let inbox = Locked(Inbox())
    private let maximumInFlight: Int
    private let maximumWebSockets: Int
    let userAgent: String

    init(userAgent: String, connectionsPerHost: Int, maximumInFlight: Int, maximumWebSockets: Int) {
        Self.globalInit
        guard let multi = curl_multi_init() else { preconditionFailure("no memory for libcurl's multi handle") }
        self.multi = multi
        // By default libcurl keeps four idle connections a transfer: one transfer at a time would lose most of them.
        // WebSockets are counted with them.
        curl_driver_multi_set_long(multi, CURLMOPT_MAXCONNECTS, max(maximumInFlight, 64) + maximumWebSockets)
        transfers = Transfers(multi: multi, userAgent: userAgent, connectionsPerHost: connectionsPerHost)
        sockets = WebSockets(multi: multi)
        self.maximumInFlight = maximumInFlight
        self.maximumWebSockets = maximumWebSockets
        self.userAgent = userAgent
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

    /// Hands a WebSocket to the thread, or refuses it here if there is no room.
    func open(_ link: WebSocketLink, _ continuation: CheckedContinuation<WebSocketLink.Opening, Never>) {
        link.await(continuation)
        let refusal: WebSocketError? = inbox.withLock { inbox in
            guard !inbox.isClosing else { return link.error(.fetcherClosed, "the fetcher was closed") }
            guard inbox.openSockets < maximumWebSockets else {
                return link.error(.overloaded, "\(maximumWebSockets) WebSockets are open already")
            }
            inbox.openSockets += 1
            post(.open(link), in: &inbox)
            return nil
        }
        if let refusal {
            link.end(refusal)
            link.tellGone()
        }
    }

    /// Ends a WebSocket that is not open yet, also one that the thread has not seen; an open one is left alone.
    func cancelOpening(_ link: WebSocketLink) {
        link.markCancelled()
        inbox.withLock { post(.cancelOpening(link), in: &$0) }
    }

    /// Lets the thread look at a WebSocket's orders.
    func serve(_ link: WebSocketLink) {
        inbox.withLock { post(.serve(link), in: &$0) }
    }

    /// Ends all transfers, all WebSockets and the thread, and returns when both are gone.
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
            collectFinished()
            sockets.serveReady()
            transfers.expire(at: .now)
            sockets.expire(at: .now)
            answerCallers()
            sleep()
        }
        transfers.closeAll()
        sockets.closeAll()
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
            case .open(let link): sockets.open(link)
            case .cancelOpening(let link): sockets.cancelOpening(link)
            case .serve(let link): sockets.serve(link)
            }
        }
        return isClosing
    }

    /// Takes up what libcurl has finished: a transfer, or a WebSocket's connecting.
    private func collectFinished() {
        var code = CURLE_OK
        while let raw = curl_driver_next_finished(multi, &code) {
            if !transfers.finish(raw, code) { sockets.connected(raw, code) }
        }
    }

    /// Tells the callers of what has ended; their room is free before they can ask for it again.
    private func answerCallers() {
        let ended = transfers.takeEnded()
        let endedSockets = sockets.takeEnded()
        guard !ended.isEmpty || !endedSockets.isEmpty else { return }
        inbox.withLock {
            $0.inFlight -= ended.count
            $0.openSockets -= endedSockets.count
        }
        for (transfer, outcome) in ended { transfer.end(outcome) }
        for link in endedSockets { link.tellGone() }
    }

    /// Waits for a socket, for a command, or until the next deadline.
    private func sleep() {
        var milliseconds = Self.idlePoll
        if let deadline = [transfers.nextDeadline, sockets.nextDeadline].compactMap({ $0 }).min() {
            let left = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
            milliseconds = Int32(max(0, min(left.rounded(.up), Double(Self.idlePoll))))
        }
        guard !sockets.wait(milliseconds: milliseconds) else { return }
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
