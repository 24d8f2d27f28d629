import Glibc
import Testing

/// `openssl s_server` with a fresh self-signed certificate; it answers every GET with a page.
final class OpenSSLServer {
    private static let program = "/usr/bin/openssl"
    static var isAvailable: Bool { access(program, X_OK) == 0 }

    let certificate: String
    let url: String
    private let key: String
    private let folder: String
    private let process: pid_t

    /// - Parameter name: whom the certificate is for, as in `IP:127.0.0.1` or `DNS:example.org`.
    init(name: String) throws {
        var template = Array("/tmp/tls-XXXXXX".utf8CString)
        folder = String(cString: try #require(mkdtemp(&template)))
        certificate = folder + "/certificate.pem"
        key = folder + "/key.pem"
        let making = try Self.spawn([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=test", "-addext", "subjectAltName=\(name)", "-keyout", key, "-out", certificate,
        ])
        var status: Int32 = 0
        waitpid(making, &status, 0)
        try #require(status == 0, "openssl made no certificate")

        let port = try Loopback.freePort()
        url = "https://127.0.0.1:\(port)/"
        process = try Self.spawn([
            "s_server", "-accept", "127.0.0.1:\(port)", "-cert", certificate, "-key", key, "-www", "-quiet",
        ])
        let deadline = ContinuousClock.now + .seconds(5)
        while !Loopback.isListening(at: port), ContinuousClock.now < deadline { usleep(5_000) }
    }

    deinit {
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
        for file in [certificate, key] { unlink(file) }
        rmdir(folder)
    }

    /// Starts openssl with nothing to read, nowhere to write, and no signal blocked or ignored.
    private static func spawn(_ arguments: [String]) throws -> pid_t {
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        for descriptor in 0...2 as ClosedRange<Int32> {
            posix_spawn_file_actions_addopen(&files, descriptor, "/dev/null", O_RDWR, 0)
        }
        // A socket of another test, held open by a child, would never seem closed to its peer.
        for descriptor in 3..<1024 as Range<Int32> { posix_spawn_file_actions_addclose(&files, descriptor) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process = pid_t()
        let failure = posix_spawn(&process, program, &files, &attributes, &words, environ)
        try #require(failure == 0, "openssl did not start: error \(failure)")
        return process
    }
}
