/// Media types: of files by their extension, and which of them shrink.
enum MediaType {
    private static let byExtension: [String: String] = [
        "css": "text/css; charset=utf-8",
        "csv": "text/csv; charset=utf-8",
        "gif": "image/gif",
        "html": "text/html; charset=utf-8",
        "ico": "image/x-icon",
        "jpeg": "image/jpeg",
        "jpg": "image/jpeg",
        "js": "text/javascript; charset=utf-8",
        "json": "application/json",
        "map": "application/json",
        "md": "text/markdown; charset=utf-8",
        "mjs": "text/javascript; charset=utf-8",
        "pdf": "application/pdf",
        "png": "image/png",
        "svg": "image/svg+xml",
        "txt": "text/plain; charset=utf-8",
        "wasm": "application/wasm",
        "webmanifest": "application/manifest+json",
        "webp": "image/webp",
        "woff": "font/woff",
        "woff2": "font/woff2",
        "xml": "application/xml",
        "yaml": "application/yaml",
        "yml": "application/yaml",
    ]

    /// The type of a file by its name's extension.
    static func ofFile(named name: String) -> String {
        guard let dot = name.lastIndex(of: ".") else { return "application/octet-stream" }
        return byExtension[name[name.index(after: dot)...].lowercased()] ?? "application/octet-stream"
    }

    /// Whether bytes of this type are worth compressing.
    static func isCompressible(_ type: String) -> Bool {
        let essence = type.prefix { $0 != ";" }.trimmingSpaces().lowercased()
        return essence.hasPrefix("text/") && essence != "text/event-stream"
            || essence.hasSuffix("json") || essence.hasSuffix("xml") || essence.hasSuffix("yaml")
            || ["application/javascript", "application/wasm", "image/x-icon"].contains(essence)
    }
}
