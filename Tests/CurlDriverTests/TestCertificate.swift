import Glibc
import Testing

/// A fresh self-signed certificate with its key, made by the openssl program and removed with this object.
final class TestCertificate {
    private static let program = "/usr/bin/openssl"
    static var isAvailable: Bool { access(program, X_OK) == 0 }

    let certificate: String
    let key: String
    private let folder: String

    /// - Parameters:
    ///   - name: whom the certificate is for, as in `IP:127.0.0.1` or `DNS:example.org`.
    ///   - isExpired: whether its last day is in the past.
    init(name: String, isExpired: Bool = false) throws {
        var template = Array("/tmp/tls-XXXXXX".utf8CString)
        folder = String(cString: try #require(mkdtemp(&template)))
        certificate = folder + "/certificate.pem"
        key = folder + "/key.pem"
        try Self.run([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=test", "-addext", "subjectAltName=\(name)", "-keyout", key, "-out", certificate,
        ])
        guard isExpired else { return }
        // `req` makes no certificate of the past; signing it again with negative days does.
        try Self.run([
            "x509", "-in", certificate, "-signkey", key, "-days", "-1", "-out", certificate,
        ])
    }

    deinit {
        for file in [certificate, key] { unlink(file) }
        rmdir(folder)
    }

    private static func run(_ arguments: [String]) throws {
        let process = try ChildProcess.spawn([program] + arguments)
        var status: Int32 = 0
        waitpid(process, &status, 0)
        try #require(status == 0, "openssl \(arguments[0]) made no certificate")
    }
}
