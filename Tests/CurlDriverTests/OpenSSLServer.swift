import Glibc
import Testing

/// `openssl s_server` with a fresh self-signed certificate; it answers every GET with a page.
final class OpenSSLServer {
    static var isAvailable: Bool { TestCertificate.isAvailable }

    let certificate: String
    let url: String
    private let identity: TestCertificate
    private let process: pid_t

    /// - Parameters:
    ///   - name: whom the certificate is for, as in `IP:127.0.0.1` or `DNS:example.org`.
    ///   - isExpired: whether the certificate's last day is in the past.
    init(name: String, isExpired: Bool = false) throws {
        identity = try TestCertificate(name: name, isExpired: isExpired)
        certificate = identity.certificate
        let port = try Loopback.freePort()
        url = "https://127.0.0.1:\(port)/"
        process = try ChildProcess.spawn([
            "/usr/bin/openssl", "s_server", "-accept", "127.0.0.1:\(port)", "-cert", identity.certificate, "-key",
            identity.key, "-www", "-quiet",
        ])
        let deadline = ContinuousClock.now + .seconds(5)
        while !Loopback.isListening(at: port), ContinuousClock.now < deadline { usleep(5_000) }
    }

    deinit {
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
    }
}
