import Foundation
import FundingCore
import FundingJSON

/// Bodies recorded from the real exchanges. They come from public sources and are no part of this project: they lie
/// beside it, and `FUNDING_RECORDINGS` may name another place.
enum RecordedBodies {
    static let folder: URL = {
        if let path = ProcessInfo.processInfo.environment["FUNDING_RECORDINGS"] { return URL(filePath: path) }
        let package = Recording.folder.deletingLastPathComponent().deletingLastPathComponent()
        return package.deletingLastPathComponent().appending(path: "shared/recordings")
    }()

    /// They are not part of the tree, so a clone alone skips them; continuous integration has them, and must run them.
    static let mustOrCanRun: Bool = {
        if ProcessInfo.processInfo.environment["CI"] != nil { return true }
        return FileManager.default.fileExists(atPath: folder.path)
    }()

    static func body(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: path)))
    }

    /// All recorded bodies of an exchange.
    static func paths(of exchange: ExchangeID) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: exchange.rawValue).path)
            .filter { $0.hasSuffix(".json") }.sorted().map { "\(exchange)/\($0)" }
    }
}

/// One poll made of recorded bodies, and the moment it is played at.
struct RecordedCase: Sendable, CustomStringConvertible {
    /// Where an answer comes from.
    enum Source: Sendable {
        case file(String)
        /// Where no whole answer was recorded, one is made of recorded parts: `%1` stands for the value at a path in a
        /// file, `%2` for the second, and so on.
        case composed(String, [(file: String, path: [String])])
    }

    var feed: FeedID
    var name: String
    var now: String
    /// By request label; a request without one is answered 404.
    var answers: [String: Source]

    var description: String { "\(feed)/\(name)" }

    func body(_ label: String) throws -> [UInt8]? {
        switch answers[label] {
        case nil: return nil
        case .file(let path): return try RecordedBodies.body(path)
        case .composed(var text, let parts):
            for (place, part) in parts.enumerated() {
                var value = try JSONDocument(RecordedBodies.body(part.file)).root
                for step in part.path {
                    guard let next = Int(step).map({ value[$0] }) ?? value[step] else {
                        throw Rejected(description: "no \(step) in \(part.file)")
                    }
                    value = next
                }
                text = text.replacing("%\(place + 1)", with: value.rawText)
            }
            return Array(text.utf8)
        }
    }

    struct Rejected: Error, CustomStringConvertible {
        var description: String
    }
}

extension RecordedCase {
    /// One line an exchange; each has its file in `Recorded/`.
    static let all: [RecordedCase] = [
        binanceUSDM,
        binanceCOINM,
        bybit,
        backpack,
        deribit,
        hyperliquid,
        kucoin,
        aster,
        mexc,
        lighter,
        kraken,
        drift,
        lighter,
        pacifica,
        hibachi,
        dydx,
        edgex,
        apex,
    ].flatMap { $0 }
}
