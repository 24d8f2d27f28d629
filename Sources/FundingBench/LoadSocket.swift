import Glibc

/// A connection to a port of this machine that never waits, for clients that share one thread.
final class LoadSocket {
    let descriptor: Int32

    /// Connects, blocking for the moment that takes, and does not block from then on.
    init(port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { fatalError("cannot connect to port \(port): errno \(errno)") }
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    deinit { close(descriptor) }

    /// Sends a short message, which an empty socket takes at once.
    func send(_ bytes: [UInt8]) {
        guard Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            fatalError("cannot send: errno \(errno)")
        }
    }

    /// Reads what there is, up to a buffer's length; 0 if there is nothing.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        if count > 0 { return count }
        guard count < 0, errno == EAGAIN else { fatalError("the server closed a connection: \(count) errno \(errno)") }
        return 0
    }
}

/// Tells which of many sockets have something to read.
struct LoadPoll {
    private var sockets: [pollfd] = []

    mutating func add(_ socket: LoadSocket) {
        sockets.append(pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0))
    }

    /// Waits for the first.
    /// - Returns: their places in the order of adding.
    mutating func ready(within milliseconds: Int32) -> [Int] {
        guard poll(&sockets, nfds_t(sockets.count), milliseconds) > 0 else { return [] }
        return sockets.indices.filter { sockets[$0].revents != 0 }
    }
}
