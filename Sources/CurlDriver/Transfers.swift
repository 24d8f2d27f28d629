import CLibcurl

/// The transfers of one multi handle: those that run and those that wait for a connection.
///
/// It belongs to the engine's thread.
final class Transfers {
    /// Handles kept for reuse; more than ever run at once would only hold memory.
    private static let idleHandleLimit = 64

    private let multi: UnsafeMutableRawPointer
    private let userAgent: String
    private let trust: TrustStore

    private var queues: HostQueues<Transfer>
    private var running: [UnsafeMutableRawPointer: Transfer] = [:]
    private var idleHandles: [EasyHandle] = []
    private var ended: [(Transfer, Transfer.Outcome)] = []

    /// No transfer's deadline is before this. It may be too early, which costs one look; nil without any.
    private(set) var nextDeadline: ContinuousClock.Instant?

    init(multi: UnsafeMutableRawPointer, userAgent: String, connectionsPerHost: Int) {
        self.multi = multi
        self.userAgent = userAgent
        trust = .ofEnvironment()
        queues = HostQueues(limit: connectionsPerHost)
    }

    /// Starts a transfer, now or when its host has a connection free.
    func start(_ transfer: Transfer) {
        guard !transfer.isCancelled else { return end(transfer, .failure(transfer.cancellation)) }
        nextDeadline = min(nextDeadline ?? transfer.deadline, transfer.deadline)
        if queues.enter(transfer, at: transfer.endpoint.origin) { run(transfer) }
    }

    /// Ends a transfer before its time; one that has ended already, or has not started, is left alone.
    func cancel(_ transfer: Transfer) {
        stop(transfer, transfer.cancellation)
    }

    /// Ends the transfer that libcurl has finished on a handle; false if none runs there.
    func finish(_ raw: UnsafeMutableRawPointer, _ code: CURLcode) -> Bool {
        guard let transfer = running[raw], let handle = transfer.handle else { return false }
        end(transfer, transfer.outcome(code, on: handle))
        release(transfer, handle, isReusable: code == CURLE_OK)
        return true
    }

    /// Ends the transfers whose time is up, running or waiting.
    func expire(at now: ContinuousClock.Instant) {
        guard let nextDeadline, nextDeadline <= now else { return }
        for transfer in all where transfer.deadline <= now { stop(transfer, transfer.timeOut) }
        self.nextDeadline = all.map(\.deadline).min()
    }

    /// Ends everything and gives the handles back; the multi handle can be cleaned up after it.
    func closeAll() {
        // Those that wait first, lest they start when the others leave.
        for transfer in all { stop(transfer, transfer.failure(.closed, "the fetcher was closed")) }
        idleHandles = []
    }

    /// The transfers that have ended since the last time, for their callers to be told.
    func takeEnded() -> [(Transfer, Transfer.Outcome)] {
        defer { ended.removeAll() }
        return ended
    }

    private var all: [Transfer] {
        queues.waiting + Array(running.values)
    }

    /// Puts a transfer that has a place on a handle and into the multi handle.
    private func run(_ transfer: Transfer) {
        guard let handle = idleHandles.popLast() ?? EasyHandle() else {
            return abandon(transfer, transfer.failure(CURLE_OUT_OF_MEMORY, on: nil))
        }
        do {
            try handle.prepare(transfer.request, into: transfer.response, userAgent: userAgent, trust: trust)
        } catch {
            return abandon(transfer, transfer.failure(error.code, on: nil))
        }
        let code = curl_multi_add_handle(multi, handle.raw)
        guard code == CURLM_OK else {
            let reason = String(cString: curl_multi_strerror(code))
            return abandon(transfer, transfer.failure(.other(code: Int(code.rawValue)), reason))
        }
        transfer.run(on: handle)
        running[handle.raw] = transfer
    }

    /// Ends a transfer that has a place but could not be started.
    private func abandon(_ transfer: Transfer, _ error: HTTPFetchError) {
        end(transfer, .failure(error))
        leave(transfer)
    }

    private func stop(_ transfer: Transfer, _ error: HTTPFetchError) {
        if let handle = transfer.handle {
            end(transfer, .failure(error))
            release(transfer, handle, isReusable: false)
        } else if queues.withdraw(transfer, from: transfer.endpoint.origin) {
            end(transfer, .failure(error))
        }
    }

    /// Takes a running transfer off its handle; a connection in the middle of an answer is closed by libcurl.
    ///
    /// A handle whose transfer failed is not used again: one that never connected keeps its buffer in 7.88, refuses
    /// CURLOPT_BUFFERSIZE then, and would fail the next request for nothing.
    private func release(_ transfer: Transfer, _ handle: EasyHandle, isReusable: Bool) {
        curl_multi_remove_handle(multi, handle.raw)
        running[handle.raw] = nil
        transfer.handle = nil
        if isReusable, idleHandles.count < Self.idleHandleLimit {
            handle.reset()
            idleHandles.append(handle)
        }
        leave(transfer)
    }

    /// Gives a transfer's place to the next in line.
    private func leave(_ transfer: Transfer) {
        if let next = queues.leave(transfer.endpoint.origin) { run(next) }
    }

    private func end(_ transfer: Transfer, _ outcome: Transfer.Outcome) {
        ended.append((transfer, outcome))
    }
}

extension Transfer {
    fileprivate var cancellation: HTTPFetchError {
        failure(.cancelled, "the task was cancelled")
    }

    fileprivate var timeOut: HTTPFetchError {
        let phase = handle == nil ? "still waiting for a connection" : "\(response.body.count) bytes of body received"
        return failure(.timedOut, "no complete answer within \(request.totalTimeout), \(phase)")
    }
}
