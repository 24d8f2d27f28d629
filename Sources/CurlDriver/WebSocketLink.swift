import CLibcurl
import Synchronization

/// The engine's side of one WebSocket: from connecting to the socket's end.
///
/// Unchecked: what is mutable belongs to the engine's thread from the moment the link is handed over, and nobody else
/// reads it. `cancelled` is the exception, and atomic.
final class WebSocketLink: @unchecked Sendable {
    typealias Opening = Result<Void, WebSocketError>
    typealias Instant = ContinuousClock.Instant

    /// How much a link may read before the others have their turn, in buffers.
    private static let readsInTurn = 4

    /// How long to wait for the rest of a refusal's body, and for a server to hang up after it closed.
    private static let lingering = Duration.seconds(1)

    let request: WebSocketRequest
    let endpoint: WebSocketEndpoint
    let channel: WebSocketChannel

    private(set) var phase = Phase.connecting
    /// The handle it lives on; its owner takes it out of the multi handle.
    var handle: EasyHandle?

    private var opening: CheckedContinuation<Opening, Never>?
    private var failure: WebSocketError?
    private let cancelled = Atomic(false)
    private var handshake: WebSocketHandshake
    private var refusal: WebSocketHandshake.Refusal?
    private var decoder: WebSocketDecoder
    private var outbox = WebSocketOutbox()

    /// When opening or closing has taken long enough.
    private var deadline: Instant
    private var patience: WebSocketPatience
    /// Why nothing more can be sent. What the server had sent before may still be read.
    private var sendFailure: CURLcode?
    private var discardsInput = false
    /// Whether there may be input that the socket does not announce: in libcurl's TLS layer, or left for fairness.
    private(set) var mayHaveMore = false
    /// Whether its owner has put it in line to be served again.
    var isInLine = false

    init(_ request: WebSocketRequest, userAgent: String) throws(WebSocketError) {
        self.request = request
        endpoint = try WebSocketEndpoint(of: request.url)
        handshake = try WebSocketHandshake(request, to: endpoint, userAgent: userAgent)
        channel = WebSocketChannel(display: endpoint.display, limit: request.queueLimit)
        decoder = WebSocketDecoder(messageLimit: request.maximumMessageBytes)
        let now = Instant.now
        patience = WebSocketPatience(idleTimeout: request.idleTimeout, sendTimeout: request.sendTimeout, at: now)
        deadline = now + request.connectTimeout
    }

    /// Remembers whom to tell when it is open.
    func await(_ continuation: CheckedContinuation<Opening, Never>) {
        opening = continuation
    }

    var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    /// Notes that nobody waits for it to open any more.
    func markCancelled() { cancelled.store(true, ordering: .releasing) }

    // MARK: - What to wait for

    /// Which events of the socket matter now; none while the reader is too slow.
    var interests: Int16 {
        switch phase {
        case .connecting, .ended: 0
        case .upgrading, .open, .closing:
            (isReading ? Int16(CURL_WAIT_POLLIN) : 0) | (outbox.isEmpty ? 0 : Int16(CURL_WAIT_POLLOUT))
        }
    }

    private var isReading: Bool {
        switch phase {
        case .connecting, .ended: false
        case .upgrading, .closing: true
        case .open: !patience.isPaused
        }
    }

    /// When to call `expire(at:)` at the latest; nil for never.
    var nextLook: Instant? {
        switch phase {
        case .connecting, .upgrading, .closing: deadline
        case .open: patience.nextLook
        case .ended: nil
        }
    }

    // MARK: - What happens

    /// libcurl has connected, or not.
    func connected(_ code: CURLcode) {
        guard phase == .connecting, let handle else { return }
        guard code == CURLE_OK else { return end(connectionError(code, on: handle)) }
        phase = .upgrading
        outbox.append(handshake.request)
    }

    /// Does everything that can be done now without waiting.
    func serve(_ buffer: UnsafeMutableRawBufferPointer, at now: Instant) {
        guard phase != .connecting, phase != .ended, let handle else { return }
        follow(channel.takeOrders(), at: now)
        write(to: handle, at: now)
        read(from: handle, buffer, at: now)
        write(to: handle, at: now)
        if let sendFailure, phase == .open, !patience.isPaused, !mayHaveMore {
            end(.connectionLost, "sending failed: \(String(cString: curl_easy_strerror(sendFailure)))")
        }
    }

    /// Ends what has taken too long, and pings a silent server.
    func expire(at now: Instant) {
        guard let nextLook, nextLook <= now else { return }
        switch phase {
        case .connecting, .upgrading:
            if let refusal { return end(refusalError(refusal)) }
            end(.timedOut, "not open within \(request.connectTimeout)")
        case .closing:
            phase = .ended
        case .open:
            judge(at: now)
        case .ended:
            break
        }
    }

    private func judge(at now: Instant) {
        switch patience.verdict(at: now) {
        case .wait:
            break
        case .ping:
            outbox.append(WebSocketFrame.ping.encoded([]))
            if let handle { write(to: handle, at: now) }
        case .silent:
            end(.timedOut, "the server has been silent for \(request.idleTimeout ?? .zero)")
        case .stalled:
            end(.timedOut, "the server has taken nothing for \(request.sendTimeout)")
        }
    }

    /// Ends it before it is open, if it is not.
    func cancelOpening() {
        if phase == .connecting || phase == .upgrading { end(.cancelled, "the task was cancelled") }
    }

    /// Ends it whatever it is doing; an open one says goodbye if the socket takes it.
    func shutDown(at now: Instant) {
        if phase == .open, let handle {
            outbox.append(WebSocketFrame.close.encoded(WebSocketFrame.closePayload(code: 1001)))
            write(to: handle, at: now)
        }
        end(.fetcherClosed, "the fetcher was closed")
    }

    /// Ends it. The reader learns it behind what it has not read, unless it knows of an end already; who waits for
    /// it to open, or for its socket to be gone, learns it by `tellGone()`.
    func end(_ error: WebSocketError) {
        phase = .ended
        failure = error
        channel.finish(error)
    }

    /// To be called once, when its place is free for another.
    func tellGone() {
        if let failure { opening?.resume(returning: .failure(failure)) }
        opening = nil
        channel.noteGone()
    }

    // MARK: - Out

    private func follow(_ orders: WebSocketChannel.Orders, at now: Instant) {
        guard phase == .open else { return }
        for frame in orders.frames { outbox.append(frame, isCounted: true) }
        if orders.resumesReading { patience.resume(at: now) }
        if let code = orders.closing {
            channel.finish(error(.closed(code: code, reason: ""), "closed by this side"), discardingQueue: true)
            close(WebSocketFrame.closePayload(code: code), until: now + WebSocketConnection.closeTimeout)
        }
    }

    /// Sends the last frame and keeps the socket for a while, for the server to answer or to hang up.
    private func close(_ payload: [UInt8], until deadline: Instant) {
        outbox.append(WebSocketFrame.close.encoded(payload))
        phase = .closing
        self.deadline = deadline
    }

    private func write(to handle: EasyHandle, at now: Instant) {
        guard sendFailure == nil else { return }
        while phase != .ended {
            switch outbox.send(on: handle) {
            case .bytes(let counted):
                patience.noteSent()
                if counted > 0 { channel.noteSent(bytes: counted) }
            case .blocked:
                patience.noteBlocked(at: now)
                return
            case .ended:
                patience.noteSent()
                return
            case .failed(let code):
                sendFailure = code
                outbox = WebSocketOutbox()
                patience.noteSent()
                return
            }
        }
    }

    // MARK: - In

    private func read(from handle: EasyHandle, _ buffer: UnsafeMutableRawBufferPointer, at now: Instant) {
        mayHaveMore = false
        for _ in 0..<Self.readsInTurn {
            guard isReading else { return }
            switch handle.receive(into: buffer) {
            case .blocked:
                return
            case .ended:
                return hangUp("the server hung up without a close frame")
            case .failed(let code):
                return hangUp("receiving failed: \(String(cString: curl_easy_strerror(code)))")
            case .bytes(let count):
                patience.noteReceived(at: now)
                take(UnsafeBufferPointer(rebasing: buffer.bindMemory(to: UInt8.self)[..<count]), at: now)
            }
        }
        mayHaveMore = true
    }

    private func hangUp(_ reason: String) {
        if let refusal { return end(refusalError(refusal)) }
        end(.connectionLost, reason)
    }

    private func take(_ bytes: UnsafeBufferPointer<UInt8>, at now: Instant) {
        if phase == .upgrading {
            do {
                try proceed(with: handshake.receive(bytes), at: now)
            } catch {
                end(.protocolViolation, error.reason)
            }
        } else if !discardsInput {
            decode(bytes, at: now)
        }
    }

    private func proceed(with answer: WebSocketHandshake.Progress, at now: Instant) {
        switch answer {
        case .unfinished:
            break
        case .refused(let refusal):
            if refusal.isComplete { return end(refusalError(refusal)) }
            if self.refusal == nil { deadline = min(deadline, now + Self.lingering) }
            self.refusal = refusal
        case .accepted(let rest):
            phase = .open
            opening?.resume(returning: .success(()))
            opening = nil
            rest.withUnsafeBufferPointer { decode($0, at: now) }
        }
    }

    private func decode(_ bytes: UnsafeBufferPointer<UInt8>, at now: Instant) {
        let batch = WebSocketBatch(bytes, with: &decoder)
        if let pong = batch.pong { outbox.pong = pong }
        guard phase == .open else {
            // This side has closed: nobody reads any more, and the other's close frame completes the handshake.
            if batch.ending != nil || batch.violation != nil { phase = .ended }
            return
        }
        if channel.deliver(batch.arrived, wireBytes: bytes.count) { patience.pause() }
        if let violation = batch.violation {
            let kind: WebSocketError.Kind = violation.closeCode == 1009 ? .tooLarge : .protocolViolation
            leave(error(kind, violation.reason), WebSocketFrame.closePayload(code: violation.closeCode), at: now)
        } else if let (code, reason) = batch.ending {
            let words = "closed by the server: \(code.map { "\($0)" } ?? "no code") \(reason.debugDescription)"
            leave(
                error(.closed(code: code, reason: reason), words),
                code.map { WebSocketFrame.closePayload(code: $0) } ?? [], at: now)
        }
    }

    /// Tells the reader at once, and the server as long as it listens.
    private func leave(_ error: WebSocketError, _ payload: [UInt8], at now: Instant) {
        channel.finish(error)
        discardsInput = true
        close(payload, until: now + Self.lingering)
    }
}
