import CLibcurl

/// The WebSockets of one multi handle. libcurl only connects them; from then on they are read and written here, and
/// their sockets are waited for together with libcurl's own.
///
/// It belongs to the engine's thread.
final class WebSockets {
    private let multi: UnsafeMutableRawPointer
    private let trust = TrustStore.ofEnvironment()
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)

    private var links: [UnsafeMutableRawPointer: WebSocketLink] = [:]
    private var ended: [WebSocketLink] = []
    /// The sockets of the last wait and whose they are.
    private var waits: [curl_waitfd] = []
    private var waiting: [WebSocketLink] = []
    private var hasMore: [WebSocketLink] = []

    /// No link's next look is before this. It may be too early, which costs one look; nil without any.
    private(set) var nextDeadline: ContinuousClock.Instant?

    init(multi: UnsafeMutableRawPointer) {
        self.multi = multi
    }

    deinit {
        buffer.deallocate()
    }

    /// Lets libcurl connect a link.
    func open(_ link: WebSocketLink) {
        guard !link.isCancelled else { return refuse(link, link.error(.cancelled, "the task was cancelled")) }
        guard let handle = EasyHandle() else {
            return refuse(link, link.connectionError(CURLE_OUT_OF_MEMORY, on: nil))
        }
        do {
            try handle.prepareConnection(
                to: link.endpoint.url, timeout: link.request.connectTimeout, trust: trust)
        } catch {
            return refuse(link, link.connectionError(error.code, on: nil))
        }
        guard curl_multi_add_handle(multi, handle.raw) == CURLM_OK else {
            return refuse(link, link.connectionError(CURLE_OUT_OF_MEMORY, on: nil))
        }
        link.handle = handle
        links[handle.raw] = link
        settle(link)
    }

    private func refuse(_ link: WebSocketLink, _ error: WebSocketError) {
        link.end(error)
        ended.append(link)
    }

    /// Ends a link that is not open yet. One that was not handed over yet is left alone: it knows by itself.
    func cancelOpening(_ link: WebSocketLink) {
        guard link.handle != nil else { return }
        link.cancelOpening()
        settle(link)
    }

    /// libcurl has finished with a handle; one that is not a link's is left alone.
    func connected(_ raw: UnsafeMutableRawPointer, _ code: CURLcode) {
        guard let link = links[raw] else { return }
        link.connected(code)
        serve(link)
    }

    /// Follows a link's orders, reads and writes.
    func serve(_ link: WebSocketLink) {
        link.serve(buffer, at: .now)
        if link.mayHaveMore, !link.isInLine {
            link.isInLine = true
            hasMore.append(link)
        }
        settle(link)
    }

    /// Reads and writes where the last wait said so, and where a link had more than its turn allowed.
    func serveReady() {
        let left = hasMore
        hasMore = []
        for link in left {
            link.isInLine = false
            serve(link)
        }
        for (wait, link) in zip(waits, waiting) where wait.revents != 0 { serve(link) }
        waits.removeAll(keepingCapacity: true)
        waiting.removeAll(keepingCapacity: true)
    }

    /// Ends what takes too long.
    func expire(at now: ContinuousClock.Instant) {
        guard let nextDeadline, nextDeadline <= now else { return }
        self.nextDeadline = nil
        for link in Array(links.values) {
            link.expire(at: now)
            settle(link)
        }
    }

    /// Waits for libcurl's sockets and the links', for a wake-up, or for some time; false if poll(2) failed.
    func wait(milliseconds: Int32) -> Bool {
        for link in links.values {
            let interests = link.interests
            guard interests != 0, let socket = link.handle?.socket, socket != CURL_SOCKET_BAD else { continue }
            waits.append(curl_waitfd(fd: socket, events: interests, revents: 0))
            waiting.append(link)
        }
        let code = waits.withUnsafeMutableBufferPointer {
            curl_multi_poll(multi, $0.baseAddress, UInt32($0.count), hasMore.isEmpty ? milliseconds : 0, nil)
        }
        return code == CURLM_OK
    }

    /// Ends all links and gives their handles back.
    func closeAll() {
        for link in Array(links.values) {
            link.shutDown(at: .now)
            settle(link)
        }
    }

    /// The links that have ended since the last time, for those who wait for it to be told.
    func takeEnded() -> [WebSocketLink] {
        defer { ended = [] }
        return ended
    }

    /// Notes when the link is to be looked at next, or lets go of its socket.
    private func settle(_ link: WebSocketLink) {
        if let look = link.nextLook { nextDeadline = min(nextDeadline ?? look, look) }
        guard link.phase == .ended, let handle = link.handle else { return }
        link.handle = nil
        links[handle.raw] = nil
        // This closes the connection.
        curl_multi_remove_handle(multi, handle.raw)
        ended.append(link)
    }
}
