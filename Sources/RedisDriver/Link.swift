import CHiredis
import Glibc

/// One hiredis connection from its first packet to its end. Belongs to its loop's thread.
///
/// hiredis frees its context by itself when a connection breaks, inside whatever call noticed it; `context` turns nil
/// at that moment, and `failure` says why.
final class Link {
    private(set) var failure: RedisError?
    /// When the server was last heard; at first, when the link was opened.
    private(set) var lastHeard = ContinuousClock.now
    /// Whether the socket is connected; logging in comes after.
    private(set) var isEstablished = false
    private var context: UnsafeMutablePointer<redisAsyncContext>?
    private var wantsRead = false
    private var wantsWrite = false

    /// Starts connecting.
    init(to address: RedisConfiguration.Address) throws(RedisError) {
        let opened =
            switch address {
            case .tcp(let host, let port): redisAsyncConnect(host, Int32(port))
            case .unix(let path): redisAsyncConnectUnix(path)
            }
        guard let opened else { throw RedisError(.connect, "out of memory") }
        guard chiredis_error(opened) == 0 else {
            let text = String(cString: chiredis_error_text(opened))
            redisAsyncFree(opened)
            throw RedisError(.connect, text)
        }
        context = opened
        opened.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        _ = fcntl(chiredis_descriptor(opened), F_SETFD, FD_CLOEXEC)
        chiredis_set_hooks(
            opened, opened.pointee.data,
            { Link.from($0)?.wantsRead = true }, { Link.from($0)?.wantsRead = false },
            { Link.from($0)?.wantsWrite = true }, { Link.from($0)?.wantsWrite = false },
            { Link.from($0)?.context = nil })
        redisAsyncSetDisconnectCallback(opened) { context, status in
            if let context, status != REDIS_OK { Link.from(context.pointee.data)?.noteFailure(in: context) }
        }
        redisAsyncSetConnectCallback(opened) { context, status in
            guard let context, let link = Link.from(context.pointee.data) else { return }
            if status == REDIS_OK { link.isEstablished = true } else { link.noteFailure(in: context) }
        }
    }

    deinit {
        if let context { redisAsyncFree(context) }
    }

    var isOpen: Bool { context != nil }

    /// Bytes that wait for room in the socket.
    var unwritten: Int { context.map { Int(chiredis_unwritten($0)) } ?? 0 }

    /// What `poll(2)` should watch for this link.
    var interest: pollfd? {
        guard let context else { return nil }
        let events = (wantsRead ? POLLIN : 0) | (wantsWrite ? POLLOUT : 0)
        return pollfd(fd: chiredis_descriptor(context), events: Int16(events), revents: 0)
    }

    /// Lets hiredis read and write, which runs the sinks.
    func handle(_ events: Int16) {
        let broken = Int32(events) & (POLLERR | POLLHUP | POLLNVAL) != 0
        if wantsWrite, broken || Int32(events) & POLLOUT != 0, let context { redisAsyncHandleWrite(context) }
        if wantsRead, broken || Int32(events) & POLLIN != 0, let context {
            lastHeard = .now
            redisAsyncHandleRead(context)
        }
    }

    /// Sends one command whose single reply, or nil, goes to the sink.
    /// - Returns: whether hiredis took it; if not, the sink is never called.
    func send(_ command: UnsafeBufferPointer<UInt8>, to sink: ReplySink) -> Bool {
        let retained = Unmanaged.passRetained(sink)
        let taken = write(command, retained.toOpaque()) { _, reply, sink in
            guard let sink else { return }
            Unmanaged<ReplySink>.fromOpaque(sink).takeRetainedValue().receive(Link.copied(reply))
        }
        if !taken { retained.release() }
        return taken
    }

    func send(_ command: [RedisArgument], to sink: ReplySink) -> Bool {
        let encoded = EncodedCommands(command)
        return encoded.bytes.withUnsafeBufferPointer { send(.init(rebasing: $0[encoded.range(of: 0)]), to: sink) }
    }

    /// Sends a subscribing command, whose sink takes every message from then on. The caller keeps the sink alive
    /// until the link is gone.
    func subscribe(_ command: [RedisArgument], to sink: ReplySink) -> Bool {
        let encoded = EncodedCommands(command)
        return encoded.bytes.withUnsafeBufferPointer { whole in
            let bytes = UnsafeBufferPointer(rebasing: whole[encoded.range(of: 0)])
            return write(bytes, Unmanaged.passUnretained(sink).toOpaque()) { _, reply, sink in
                guard let sink, let reply = Link.copied(reply) else { return }
                Unmanaged<ReplySink>.fromOpaque(sink).takeUnretainedValue().receive(reply)
            }
        }
    }

    /// Ends the connection; sinks that still wait get nil.
    func drop(_ reason: RedisError) {
        guard let context else { return }
        if failure == nil { failure = reason }
        redisAsyncFree(context)
    }

    private func write(
        _ command: UnsafeBufferPointer<UInt8>, _ sink: UnsafeMutableRawPointer,
        _ callback:
            @escaping @convention(c) (
                UnsafeMutablePointer<redisAsyncContext>?, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?
            ) -> Void
    ) -> Bool {
        guard let context, let base = command.baseAddress else { return false }
        return base.withMemoryRebound(to: CChar.self, capacity: command.count) {
            redisAsyncFormattedCommand(context, callback, sink, $0, command.count) == REDIS_OK
        }
    }

    private func noteFailure(in context: UnsafePointer<redisAsyncContext>) {
        guard failure == nil else { return }
        let text = String(cString: chiredis_error_text(context))
        let kind: RedisError.Kind =
            switch chiredis_error(context) {
            case REDIS_ERR_PROTOCOL: .protocolViolation
            case REDIS_ERR_OTHER: RedisError(serverReply: text).kind
            default: isEstablished ? .connectionLost : .connect
            }
        failure = RedisError(kind, text.isEmpty ? "the connection ended" : text)
    }

    private static func from(_ owner: UnsafeMutableRawPointer?) -> Link? {
        owner.map { Unmanaged<Link>.fromOpaque($0).takeUnretainedValue() }
    }

    private static func copied(_ reply: UnsafeMutableRawPointer?) -> RedisReply? {
        reply.map { RedisReply($0.assumingMemoryBound(to: redisReply.self).pointee) }
    }
}
