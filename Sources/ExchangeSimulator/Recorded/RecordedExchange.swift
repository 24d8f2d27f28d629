import Foundation
import FundingJSON

/// Answers each request that was recorded with the recorded body, byte by byte, and everything else with 404.
struct RecordedExchange: Sendable {
    /// Files are read once, at the start: a folder that lacks one is noticed then and not in the middle of a test.
    private let bodies: [String: [UInt8]]

    /// A file that the index names cannot be read.
    struct Unreadable: Error, CustomStringConvertible {
        var path: String
        var reason: String

        var description: String { "cannot read the recording \(path): \(reason)" }
    }

    init(folder: String) throws(Unreadable) {
        var bodies: [String: [UInt8]] = [:]
        for entry in RecordingIndex.all where bodies[entry.file] == nil {
            let path = folder + "/" + entry.file
            do {
                bodies[entry.file] = Array(try Data(contentsOf: URL(filePath: path)))
            } catch {
                throw Unreadable(path: path, reason: error.localizedDescription)
            }
        }
        self.bodies = bodies
    }

    func answer(to request: SimulatedRequest, of feed: String) -> SimulatedAnswer {
        let entry = RecordingIndex.all.first { entry in
            entry.feed == feed && entry.method == request.method && entry.path == request.path
                && entry.fields.allSatisfy { Self.value($0.key, of: request) == $0.value }
                && entry.without.allSatisfy { Self.value($0, of: request) == nil }
        }
        guard let entry, let body = bodies[entry.file] else {
            return SimulatedAnswer(status: 404, json: #"{"error":"nothing was recorded for this request"}"#)
        }
        return SimulatedAnswer(body: body)
    }

    private static func value(_ name: String, of request: SimulatedRequest) -> String? {
        if request.method == "GET" { return request.query[name] }
        guard let value = request.body?.root[name], !value.isNull else { return nil }
        return value.string ?? value.rawText
    }
}
