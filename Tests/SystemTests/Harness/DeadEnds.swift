import Foundation

/// A port on loopback where connecting never comes to an end, as behind a firewall that drops packets: the queue of those
/// waiting to be accepted is full, and nobody accepts.
final class BlackHole {
    let port: Int
    private let descriptors: [Int32]

    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listens = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 0) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard listens else { throw Failure("no black hole: \(String(cString: strerror(errno)))") }
        var descriptors = [listener]
        for _ in 0..<4 {
            let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            withUnsafePointer(to: &address) {
                // Only the first get through; the rest keep knocking, as everybody after them.
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = connect(client, $0, length) }
            }
            descriptors.append(client)
        }
        self.descriptors = descriptors
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { for descriptor in descriptors { close(descriptor) } }
}

/// A web server with a certificate that nobody should believe.
struct DoubtfulServer {
    let url: String
    /// The certificate's file, which signs itself.
    let certificate: String
    private let child: Child

    /// - Parameter isExpired: whether the certificate's last day is in the past.
    init(_ name: String, isExpired: Bool, in suite: Suite) async throws {
        let openssl = "/usr/bin/openssl"
        let folder = suite.folder.path
        certificate = "\(folder)/\(name).pem"
        let key = "\(folder)/\(name).key"
        try await run(
            "\(name)-req",
            [
                openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
                "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
            ], logs: suite.logs
        )
        if isExpired {
            // `req` makes no certificate of the past; signing it again with negative days does.
            try await run(
                "\(name)-x509",
                [openssl, "x509", "-in", certificate, "-signkey", key, "-days", "-1", "-out", certificate],
                logs: suite.logs
            )
        }
        let port = try freePort()
        child = try Child(
            name, [openssl, "s_server", "-accept", "127.0.0.1:\(port)", "-cert", certificate, "-key", key, "-www"],
            environment: ["PATH": "/usr/bin:/bin"], logs: suite.logs
        )
        url = "https://127.0.0.1:\(port)"
        let output = child.output
        try await eventually("\(name) listens", every: .milliseconds(20)) {
            try String(contentsOf: output, encoding: .utf8).contains("ACCEPT")
        }
    }
}
