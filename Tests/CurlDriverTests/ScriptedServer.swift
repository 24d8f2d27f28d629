import Glibc

@testable import CurlDriver

/// A TCP server on loopback that plays a script to every connection, byte for byte. Each connection has a thread.
final class ScriptedServer: Sendable {
    typealias Script = @Sendable (ServerConnection) -> Void

    private struct Connections {
        var open: Set<Int32> = []
        var accepted = 0
        var mostOpen = 0
    }

    let port: UInt16
    private let listener: Int32
    private let connections = Locked(Connections())

    init(_ script: @escaping Script) throws {
        (listener, port) = try Loopback.listen(backlog: 128)
        let (listener, connections) = (listener, connections)
        EngineThread(name: "test-accept") {
            while true {
                let socket = accept(listener, nil, nil)
                guard socket >= 0 else { break }
                _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
                connections.withLock {
                    $0.open.insert(socket)
                    $0.accepted += 1
                    $0.mostOpen = max($0.mostOpen, $0.open.count)
                }
                EngineThread(name: "test-connection") {
                    script(ServerConnection(socket: socket))
                    connections.withLock { connections in
                        connections.open.remove(socket)
                        _ = close(socket)
                    }
                }.detach()
            }
            _ = close(listener)
        }.detach()
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        connections.withLock { connections in
            for socket in connections.open { shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    /// An absolute URL on this server.
    func url(_ path: String = "/") -> String {
        "http://127.0.0.1:\(port)\(path)"
    }

    /// How many connections were accepted so far.
    var accepted: Int { connections.withLock { $0.accepted } }

    /// How many connections were open at the same time, at most.
    var mostOpen: Int { connections.withLock { $0.mostOpen } }

    /// How many connections are open now.
    var open: Int { connections.withLock { $0.open.count } }
}

/// Sockets on 127.0.0.1 with a port of the system's choice.
enum Loopback {
    struct Failure: Error {
        var call: String
        var number: Int32
    }

    static func listen(backlog: Int32) throws -> (socket: Int32, port: UInt16) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0 else { throw Failure(call: "socket", number: errno) }
        var address = address(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port: UInt16? = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard bind(listener, address, size) == 0, Glibc.listen(listener, backlog) == 0,
                    getsockname(listener, address, &size) == 0
                else { return nil }
                return UnsafeRawPointer(address).load(as: sockaddr_in.self).sin_port.byteSwapped
            }
        }
        guard let port else { throw Failure(call: "listen", number: errno) }
        return (listener, port)
    }

    /// Begins to connect and does not wait for it.
    static func beginConnecting(to port: UInt16) -> Int32 {
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
        var address = address(port: port)
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                connect(client, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return client
    }

    /// Whether a connection to the port is accepted.
    static func isListening(at port: UInt16) -> Bool {
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(client) }
        var address = address(port: port)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                connect(client, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    /// A port that nobody listens at.
    static func freePort() throws -> UInt16 {
        let (listener, port) = try listen(backlog: 1)
        close(listener)
        return port
    }

    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.byteSwapped
        address.sin_addr.s_addr = UInt32(0x7F00_0001).byteSwapped
        return address
    }
}
