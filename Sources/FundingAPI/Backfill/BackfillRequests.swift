import Foundation
import FundingCore
import FundingJSON
import FundingStore
import WebServer

extension BackfillEndpoints {
    /// What a client asks for when it starts a backfill.
    struct Start: Sendable {
        private static let days = Parameter<Int>.integer("days", in: 1...90, default: 30, "How many days back.").inBody
        private static let exchanges = Parameter<[KnownExchange]>.exchanges("exchanges", "Only these; all if none.")
            .inBody
        private static let symbols = Parameter<[String]>.symbols("symbols", "Only these; all if none.").inBody
        private static let gapsOnly = Parameter<Bool>.flag(
            "gaps_only", "Every gap, also where the exchange was asked before and had nothing."
        ).inBody
        private static let isDry = Parameter<Bool>.flag(
            "dry_run", "Only tells what is missing, also what exchanges did not have before; starts nothing."
        ).inBody
        private static let batchSize = Parameter<Int?>.integer(
            "batch_size", in: 1...100,
            "Checked, and without effect: the backfiller goes by each exchange's own pages and limits."
        ).inBody
        private static let parallel = Parameter<Bool>.flag(
            "parallel", default: true, "All exchanges side by side; if not, one after the other."
        ).inBody

        static let parameters: [any DeclaredParameter] = [
            days, exchanges, symbols, gapsOnly, isDry, batchSize, parallel,
        ]
        static let schema: JSONShape = [
            "status": .word(["success"]), "message": .text, "job_id": .count, "pid": .count.orNull,
            "without_effect": .list(.text),
        ]
        static let drySchema: JSONShape = [
            "status": .word(["success"]), "message": .text, "dry_run": .flag, "contracts": .count,
            "contracts_with_gaps": .count, "missing_points": .count,
        ]
        static let busySchema: JSONShape = [
            "status?": .word(["error"]), "message?": .text, "detail": .text, "job_id?": .count,
            "error": ["code": .text, "message": .text, "request_id": .text],
        ]

        var days: Int
        var exchanges: [ExchangeID]?
        var symbols: [String]?
        var gapsOnly: Bool
        var isDry: Bool
        var isParallel: Bool
        /// What was said and changes nothing.
        var withoutEffect: [String]

        init(_ arguments: inout Arguments) throws(ValidationError) {
            days = arguments[Self.days]
            let exchanges = arguments[Self.exchanges].map(\.id)
            let symbols = arguments[Self.symbols]
            self.exchanges = exchanges.isEmpty ? nil : exchanges
            self.symbols = symbols.isEmpty ? nil : symbols
            gapsOnly = arguments[Self.gapsOnly]
            isDry = arguments[Self.isDry]
            isParallel = arguments[Self.parallel]
            withoutEffect = arguments[Self.batchSize] == nil ? [] : ["batch_size"]
            try arguments.finish()
        }

        func request(by name: String) -> BackfillRequest {
            BackfillRequest(
                requestedBy: name, days: days, exchanges: exchanges, symbols: symbols, gapsOnly: gapsOnly,
                isParallel: isParallel)
        }

        func dryAnswer(by completeness: CompletenessReads) async throws -> WebResponse {
            let checked = try await completeness.check(days: days, exchanges: exchanges, symbols: symbols)
            let missing = checked.reduce(0) { $0 + $1.report.gaps.reduce(0) { $0 + $1.missing } }
            return .now { writer in
                writer.field("status", "success")
                writer.field(
                    "message", "\(missing) payments of \(checked.count) contracts are missing; nothing was started")
                writer.field("dry_run", true)
                writer.field("contracts", checked.count)
                writer.field("contracts_with_gaps", checked.count { !$0.report.gaps.isEmpty })
                writer.field("missing_points", missing)
            }
        }
    }

    /// What a client asks for when it has the worst contracts tried again.
    struct Retry: Sendable {
        static let days = 30
        private static let threshold = Parameter<Double>.number(
            "threshold", in: 0...100, default: HistoryReport.retryThreshold,
            "Contracts of which less is there, in percent.")
        private static let limit = Parameter<Int>.integer(
            "limit", in: 1...200, default: 10, "How many contracts at most, the most urgent first.")
        private static let exchanges = Parameter<[KnownExchange]>.exchanges("exchanges", "Only these; all if none.")
            .inBody

        static let parameters: [any DeclaredParameter] = [threshold, limit, exchanges]
        static let schema: JSONShape = [
            "message": .text, "threshold": .number, "retry_count": .count, "contracts": .list(.text), "job_id": .count,
        ]
        static let idleSchema: JSONShape = ["message": .text, "threshold": .number, "retry_count": .count]

        var threshold: Double
        var limit: Int
        var exchanges: [ExchangeID]?

        init(_ arguments: inout Arguments) throws(ValidationError) {
            threshold = arguments[Self.threshold]
            limit = arguments[Self.limit]
            let named = arguments[Self.exchanges]
            exchanges = named.isEmpty ? nil : named.map(\.id)
            try arguments.finish()
        }

        func writeIdle(to writer: inout JSONWriter) {
            writer.field("message", "No contracts need retry")
            writer.field("threshold", threshold)
            writer.field("retry_count", 0)
        }

        func write(_ contracts: [Contract], _ names: ExchangeNames, job id: Int, to writer: inout JSONWriter) {
            writer.field("message", "\(contracts.count) contracts are tried again as job \(id)")
            writer.field("threshold", threshold)
            writer.field("retry_count", contracts.count)
            writer.field("contracts", contracts.map { "\(names[$0.exchange]):\($0.symbol)" })
            writer.field("job_id", id)
        }
    }
}
