import Foundation
import Testing

/// The folder of recorded bodies. It is no part of the project: `../shared/recordings` beside it, or where
/// `FUNDING_RECORDINGS` says.
enum Recordings {
    private static let environment = ProcessInfo.processInfo.environment

    static let folder: URL = {
        if let path = environment["FUNDING_RECORDINGS"] { return URL(filePath: path) }
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return package.deletingLastPathComponent().appending(path: "shared/recordings")
    }()

    /// Whether tests that need it run: a clone alone skips them; continuous integration has the folder.
    static let areExpected: Bool = {
        if environment["CI"] != nil { return true }
        return FileManager.default.fileExists(atPath: folder.path)
    }()

    static let absence: Comment = "no recorded bodies; FUNDING_RECORDINGS says where they are"
}
