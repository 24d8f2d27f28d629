import Foundation

/// Plays the service manager: a socket that a process tells of itself (sd_notify(3)).
final class NotifySocket {
    /// For `NOTIFY_SOCKET`.
    let name: String
    private let descriptor: Int32
    private var heard: [String] = []

    /// - Parameter name: a path, or `@` and a name that is no file.
    init(_ name: String) throws {
        self.name = name
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var path = Array(name.utf8)
        if path[0] == UInt8(ascii: "@") { path[0] = 0 }
        guard descriptor >= 0, path.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw Failure("no socket \(name)")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard bound == 0 else { throw Failure("bind \(name): \(errno)") }
    }

    deinit { close(descriptor) }

    /// All messages until now, the oldest first.
    func messages() -> [String] {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return heard }
            heard.append(String(decoding: buffer[..<count], as: UTF8.self))
        }
    }
}
