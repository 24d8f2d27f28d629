import Foundation
import Glibc

/// Whoever started this process and asked to be told how it fares, as systemd does for units of `Type=notify`
/// (sd_notify(3)).
struct ServiceManager: Sendable {
    /// How often it must hear from this process before it takes it for stuck; nil if it does not watch.
    let patience: Duration?
    private let socket: String

    /// Nil if nobody asked to be told.
    init?(_ environment: [String: String] = ProcessInfo.processInfo.environment) {
        // Of a file or, where it begins with @, of the abstract namespace.
        guard let socket = environment["NOTIFY_SOCKET"], let first = socket.first, "/@".contains(first) else {
            return nil
        }
        self.socket = socket
        let watched = environment["WATCHDOG_PID"].map { $0 == String(getpid()) } ?? true
        let microseconds = environment["WATCHDOG_USEC"].flatMap(Int64.init)
        patience = watched ? microseconds.flatMap { $0 > 0 ? .microseconds($0) : nil } : nil
    }

    /// Sends a message, such as `READY=1`. Whether it arrives is nothing that this process can mend.
    func tell(_ message: String) {
        var address = sockaddr_un()
        var path = Array(socket.utf8)
        guard path.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        if path[0] == UInt8(ascii: "@") { path[0] = 0 }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let length = MemoryLayout<sockaddr_un>.offset(of: \.sun_path).map { $0 + path.count } ?? 0
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = Array(message.utf8)
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(
                    descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL), $0,
                    socklen_t(length))
            }
        }
    }
}
