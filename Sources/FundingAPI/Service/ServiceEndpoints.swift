import Foundation
import FundingCore
import FundingJSON
import WebServer

/// What the operator may do to the API itself.
struct ServiceEndpoints: Sendable {
    let reads: TableReads
    /// Begins the orderly end of the process.
    let shutDown: @Sendable () -> Void

    private static let clearedSchema: JSONShape = [
        "status": .word(["success"]), "message": .text, "entries_cleared": .count, "timestamp": .timestamp,
    ]
    private static let shutdownSchema: JSONShape = [
        "status": .word(["shutdown_initiated"]), "message": .text, "timestamp": .timestamp,
    ]

    var endpoints: [Endpoint] {
        [
            .post(
                "/api/cache/clear", .service, "Drops all kept answers, and nothing else that is in Redis.",
                answers: Self.clearedSchema, clear),
            .post(
                "/api/shutdown", .service, "Ends the API in good order: requests are finished, live clients told.",
                status: 202, answers: Self.shutdownSchema, shutdown),
        ]
    }

    private func clear(_ arguments: inout Arguments) async throws -> WebResponse {
        let (count, isRedis) = try await reads.cache.clear()
        return .now { writer in
            writer.field("status", "success")
            writer.field("message", "\(isRedis ? "Redis" : "Fallback") cache cleared successfully")
            writer.field("entries_cleared", count)
            writer.field("timestamp", Timestamp.text(Date()))
        }
    }

    private func shutdown(_ arguments: inout Arguments) async throws -> WebResponse {
        shutDown()
        return .now(status: 202) { writer in
            writer.field("status", "shutdown_initiated")
            writer.field("message", "The API finishes what it has begun and ends")
            writer.field("timestamp", Timestamp.text(Date()))
        }
    }
}
