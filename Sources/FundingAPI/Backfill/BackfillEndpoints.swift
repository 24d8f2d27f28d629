import Foundation
import FundingCore
import FundingJSON
import FundingStore
import WebServer

/// Looks at backfills, and asks for them and for their end. The backfiller does the work.
struct BackfillEndpoints: Sendable {
    private enum Limits {
        /// How long a stop waits for the backfiller to let go.
        static let acknowledgement = Duration.seconds(5)
        static let look = Duration.milliseconds(100)
        /// How long the share of complete contracts may be used again.
        static let completeness = Duration.seconds(60)
        static let completenessDays = 30.0
    }

    /// What our jobs are asked for by.
    private static let asker = "api"

    let source: MarketSource
    let reads: TableReads
    /// Where jobs are asked for: never a replica.
    let desk: BackfillDesk
    let completeness: CompletenessReads

    var endpoints: [Endpoint] {
        [
            .get(
                "/api/backfill-status", .backfill, "How far the backfill is, in short.", answers: Self.shortSchema,
                shortStatus),
            .get(
                "/api/backfill/status", .backfill, "How far the backfill is, exchange by exchange.",
                answers: Self.statusSchema, status),
            .post(
                "/api/backfill/start", .backfill, "Asks for a backfill.", Start.parameters, status: 202,
                answers: Start.schema, start
            ).also(200, Start.drySchema, "What a backfill would find to do.")
                .also(409, Start.busySchema, "A backfill that somebody asked for has not ended."),
            .post(
                "/api/backfill/stop", .backfill, "Ends the backfill, and answers when it has ended.",
                answers: ["status": .word(["success"]), "message": .text, "stopped": .flag, "job_id?": .count], stop),
            .post(
                "/api/backfill/retry", .backfill, "Asks for a backfill of the contracts that lack most.",
                Retry.parameters, status: 202, answers: Retry.schema, retry
            ).also(200, Retry.idleSchema, "Nothing is worth another try.")
                .also(409, Start.busySchema, "A backfill that somebody asked for has not ended."),
        ]
    }

    // MARK: Looking

    private static let shortSchema: JSONShape = [
        "running": .flag, "progress": .integer(least: 0, most: 100), "message": .text, "completed": .flag,
        "error": .text.orNull, "symbols_processed": .count, "total_symbols": .count, "is_running": .flag,
        "exchanges_complete": .count, "exchanges_total": .count, "estimated_completion": .timestamp.orNull,
        "job_id": .count.orNull,
    ]
    private static let statusSchema: JSONShape = [
        "status": .word(["success"]),
        "backfill": [
            "status": .text, "message": .text, "running?": .flag, "progress?": .count, "symbols_processed?": .count,
            "total_symbols?": .count, "error?": .text.orNull,
        ],
        "running": .flag, "overall_progress": .integer(least: 0, most: 100), "total_records": .count,
        "exchanges": .map(BackfillEvent.Exchange.schema),
        "completeness": .map(["complete": .count, "total": .count, "percentage": .number]), "message": .text,
        "completed": .flag, "total_time": .number.orNull, "job_id": .count.orNull, "requested_by": .text.orNull,
        "timestamp": .timestamp,
    ]

    private func shortStatus(_ arguments: inout Arguments) async throws -> WebResponse {
        let report = BackfillReport(try await BackfillDesk(reads.pool).current(), at: Date())
        return .now { report.writeShort(to: &$0) }
    }

    private func status(_ arguments: inout Arguments) async throws -> WebResponse {
        let report = BackfillReport(try await BackfillDesk(reads.pool).current(), at: Date())
        let complete = try await reads.cache.bytes("backfill completeness", for: Limits.completeness) { [reads] in
            let start = Date().addingTimeInterval(-Limits.completenessDays * 86_400)
            return BackfillReport.encoded(try await reads.history.certifiedExchanges(since: start))
        }
        return .now { report.writeWhole(completeness: complete, to: &$0) }
    }

    // MARK: Asking

    private func start(_ arguments: inout Arguments) async throws -> WebResponse {
        let wanted = try Start(&arguments)
        if wanted.isDry { return try await wanted.dryAnswer(by: completeness) }
        return try await ask(wanted.request(by: Self.asker), arguments.request) { id in
            .now(status: 202) { writer in
                writer.field("status", "success")
                writer.field("message", "The backfill is asked for as job \(id)")
                writer.field("job_id", id)
                writer.field("pid", Int?.none)
                writer.field("without_effect", wanted.withoutEffect)
            }
        }
    }

    private func retry(_ arguments: inout Arguments) async throws -> WebResponse {
        let names = try ExchangeNames(source.picture())
        let wanted = try Retry(&arguments)
        let worst = try await completeness.check(days: Retry.days, exchanges: wanted.exchanges)
            .filter { $0.needsRetry(threshold: wanted.threshold) }
            .sorted { $0.report.retryPriority > $1.report.retryPriority }.prefix(wanted.limit)
        guard !worst.isEmpty else { return .now { wanted.writeIdle(to: &$0) } }
        let contracts = worst.map(\.contract.contract)
        let request = BackfillRequest(
            requestedBy: Self.asker, days: Retry.days, exchanges: Array(Set(contracts.map(\.exchange))),
            symbols: Array(Set(contracts.map(\.symbol))),
            // Exchanges are asked again for what they did not have before: that is what trying again means.
            gapsOnly: true)
        return try await ask(request, arguments.request) { id in
            .now(status: 202) { wanted.write(contracts, names, job: id, to: &$0) }
        }
    }

    /// Asks unless somebody's job has not ended.
    private func ask(
        _ wanted: BackfillRequest, _ request: WebRequest, _ answer: (Int) -> WebResponse
    ) async throws -> WebResponse {
        do {
            return answer(try await desk.request(wanted))
        } catch BackfillDesk.Refusal.busy(let job) {
            let refusal = WebError(
                status: 409, code: "already_running", message: "A backfill is already running as job \(job)")
            let body = ErrorBody.body(of: refusal, request) { writer in
                writer.field("status", "error")
                writer.field("message", refusal.message)
                writer.field("job_id", job)
            }
            return .json(body, status: refusal.status)
        } catch BackfillDesk.Refusal.invalid(let reason) {
            throw WebError(status: 400, code: "bad_request", message: "The backfill was refused: \(reason)")
        } catch BackfillDesk.Refusal.full {
            throw WebError(status: 409, code: "conflict", message: "Too many backfills are waiting already")
        }
    }

    private func stop(_ arguments: inout Arguments) async throws -> WebResponse {
        guard let job = try await desk.current(), job.isOpen else {
            return .now { writer in
                writer.field("status", "success")
                writer.field("message", "No backfill is running")
                writer.field("stopped", false)
            }
        }
        var status = try await desk.cancel(job.id, by: Self.asker)
        let deadline = ContinuousClock.now + Limits.acknowledgement
        while status == .running || status == .queued, ContinuousClock.now < deadline {
            try await Task.sleep(for: Limits.look)
            status = try await desk.job(job.id)?.status
        }
        let hasEnded = status != .running && status != .queued
        return .now { writer in
            writer.field("status", "success")
            writer.field(
                "message", hasEnded ? "Job \(job.id) has ended" : "Job \(job.id) will end as soon as its worker sees it"
            )
            writer.field("stopped", hasEnded)
            writer.field("job_id", job.id)
        }
    }
}
