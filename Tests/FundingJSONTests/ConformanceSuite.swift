import Foundation
import Testing

/// The bodies of nst/JSONTestSuite, which are kept outside of the repository. `FUNDING_JSON_TEST_SUITE` names their
/// folder; otherwise it is looked for beside the package.
struct ConformanceSuite {
    struct Body {
        var name: String
        var bytes: [UInt8]
    }

    /// How many bodies of each kind the suite has; how many cases are not run where it is absent.
    static let expectedCounts = ["y": 95, "n": 188, "i": 35]

    static let folder: URL = {
        let environment = ProcessInfo.processInfo.environment
        if let path = environment["FUNDING_JSON_TEST_SUITE"], !path.isEmpty { return URL(filePath: path) }
        let package = URL(filePath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return package.deletingLastPathComponent().appending(path: "shared/json-test-suite")
    }()

    static var isPresent: Bool { FileManager.default.fileExists(atPath: folder.appending(path: "test_parsing").path) }

    static var isRequired: Bool {
        ProcessInfo.processInfo.environment["CI"] != nil
    }

    static var absence: Comment {
        "\(expectedCounts.values.reduce(0, +)) cases not run: \(folder.path) is absent"
    }

    /// The bodies whose names start with `kind`: y must parse, n must be refused, i is for the parser to decide.
    static func bodies(_ kind: String) throws -> [Body] {
        let files = try FileManager.default.contentsOfDirectory(
            at: folder.appending(path: "test_parsing"), includingPropertiesForKeys: nil
        )
        return try files.filter { $0.lastPathComponent.hasPrefix(kind + "_") }
            .sorted { $0.path < $1.path }
            .map { Body(name: $0.lastPathComponent, bytes: Array(try Data(contentsOf: $0))) }
    }
}
