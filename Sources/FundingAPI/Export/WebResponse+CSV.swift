import WebServer

extension WebResponse {
    /// A CSV file to save. What has not sent all its rows is cut off, never ended as if it had.
    /// - Parameters:
    ///   - name: what does not belong into a file's name is replaced.
    ///   - write: sends the rows.
    static func csvFile(
        _ name: String, _ write: @escaping @Sendable (WebBodyWriter) async throws -> Void
    ) -> WebResponse {
        let safe = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "_" })
        return WebResponse(
            headers: [
                ("Content-Type", "text/csv; charset=utf-8; header=present"),
                ("Content-Disposition", "attachment; filename=\"\(safe)\""), ("Cache-Control", "no-store"),
            ],
            body: .download(write))
    }
}
