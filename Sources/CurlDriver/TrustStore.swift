import Glibc

/// Which certificate authorities are trusted: the system's, unless the environment names others the way OpenSSL reads
/// it. libcurl as a library does not look there itself.
struct TrustStore: Sendable {
    /// A file of authorities, from `SSL_CERT_FILE`; nil for libcurl's default.
    var file: String?

    /// A folder of authorities, from `SSL_CERT_DIR`; nil for libcurl's default.
    var folder: String?

    /// What this process's environment says.
    static func ofEnvironment() -> TrustStore {
        TrustStore(file: variable("SSL_CERT_FILE"), folder: variable("SSL_CERT_DIR"))
    }

    private static func variable(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }
}
