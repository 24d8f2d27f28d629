/// What a page in a browser may load and run: its own files, and nothing that stands in the page.
enum PagePolicy {
    static let usual = policy()

    /// - Parameter styles: hashes of the few texts that may be styles in the page.
    static func policy(styles: [String] = []) -> String {
        let allowed = (["'self'"] + styles.map { "'sha256-\($0)'" }).joined(separator: " ")
        return "default-src 'self'; style-src \(allowed); img-src 'self' data:; "
            + "frame-ancestors 'none'; base-uri 'self'; object-src 'none'"
    }
}
