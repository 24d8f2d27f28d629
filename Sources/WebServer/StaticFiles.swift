import Foundation

/// A directory of built assets, read and compressed once at start and served from memory.
///
/// A request is answered by looking its path up in a table of what was found, so no path can lead outside.
public struct StaticFiles: Sendable {
    /// Why a directory could not be loaded.
    public enum LoadingError: Error, Sendable, Equatable, CustomStringConvertible {
        /// The directory or a file in it cannot be read.
        case unreadable(path: String, reason: String)
        /// The directory holds more than the limits allow.
        case tooLarge(path: String, files: Int, bytes: Int)

        /// What happened, with the path.
        public var description: String {
            switch self {
            case .unreadable(let path, let reason): "cannot read \(path): \(reason)"
            case .tooLarge(let path, let files, let bytes):
                "\(path) holds more than is kept in memory (\(files) files, \(bytes) bytes)"
            }
        }
    }

    /// The paths that are served, sorted, such as `/assets/main.js`.
    public var paths: [String] { bodies.keys.sorted() }

    private var bodies: [String: PreparedBody] = [:]

    /// Reads every file of a directory and its subdirectories; names that start with a dot are left out.
    ///
    /// - Parameters:
    ///   - directory: where the assets are.
    ///   - maximumFiles: the most files to load.
    ///   - maximumBytes: the most bytes to load in all.
    public init(directory: String, maximumFiles: Int = 2_000, maximumBytes: Int = 64 << 20) throws(LoadingError) {
        var total = 0
        for name in try Self.names(in: directory) {
            let bytes = try Self.contents(of: "\(directory)/\(name)")
            total += bytes.count
            guard bodies.count < maximumFiles, total <= maximumBytes else {
                throw .tooLarge(path: directory, files: bodies.count + 1, bytes: total)
            }
            bodies["/\(name)"] = PreparedBody(
                bytes, contentType: MediaType.ofFile(named: name), compressionLevel: 9,
                isImmutable: Self.isHashed(name)
            )
        }
    }

    /// The answer to a path, or nil if no file is there; `/` is `/index.html`.
    public func response(to request: WebRequest) throws(WebError) -> WebResponse? {
        guard let body = bodies[request.path == "/" ? "/index.html" : request.path] else { return nil }
        guard request.method == "GET" || request.method == "HEAD" else {
            throw .methodNotAllowed(request.method, allowed: ["GET", "HEAD"])
        }
        return .prepared(body)
    }

    /// A handler for ``WebRouter/fallback``: files where there are some, 404 elsewhere.
    public var handler: WebRouter.Handler {
        { request in
            guard let response = try response(to: request) else {
                throw WebError.notFound("There is nothing at \(request.path)")
            }
            return response
        }
    }

    private static func names(in directory: String) throws(LoadingError) -> [String] {
        let all: [String]
        do {
            all = try FileManager.default.subpathsOfDirectory(atPath: directory)
        } catch {
            throw .unreadable(path: directory, reason: "\(error.localizedDescription)")
        }
        return all.filter { name in
            var isDirectory: ObjCBool = false
            let exists = FileManager.default.fileExists(atPath: "\(directory)/\(name)", isDirectory: &isDirectory)
            let isHidden = name.split(separator: "/").contains { $0.hasPrefix(".") }
            return exists && !isDirectory.boolValue && !isHidden
        }
    }

    private static func contents(of path: String) throws(LoadingError) -> [UInt8] {
        do {
            return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw .unreadable(path: path, reason: "\(error.localizedDescription)")
        }
    }

    /// Whether a bundler put a hash of the content into the name: `main-5XQ2VJ7A.js`, `app.3f9c21d07b.css`.
    static func isHashed(_ name: String) -> Bool {
        let file = name.split(separator: "/").last ?? ""
        guard let dot = file.lastIndex(of: ".") else { return false }
        let stem = file[..<dot]
        guard let separator = stem.lastIndex(where: { $0 == "-" || $0 == "." }) else { return false }
        let hash = stem[stem.index(after: separator)...]
        guard hash.utf8.count >= 8, hash.utf8.count <= 64 else { return false }
        let isUpperBase32 = hash.utf8.allSatisfy { (65...90).contains($0) || (48...57).contains($0) }
        let isLowerHex = hash.utf8.allSatisfy { (97...102).contains($0) || (48...57).contains($0) }
        return isUpperBase32 || isLowerHex && hash.contains { $0.isNumber }
    }
}
