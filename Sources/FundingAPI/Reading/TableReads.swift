import FundingCore
import FundingJSON
import FundingRuntime
import FundingStore
import PostgresDriver
import WebServer

/// What requests read from the tables: on connections of their own, so that they never hold up the read model, and kept
/// for as long as an answer may be old.
struct TableReads: Sendable {
    /// A replica will do.
    let pool: PostgresPool
    let cache: AnswerCache

    var settlements: SettlementReader { SettlementReader(pool) }
    var history: HistoryStore { HistoryStore(pool) }

    /// An answer by the request's arguments.
    /// - Parameter write: reads, and writes one JSON value.
    func json(
        _ arguments: Arguments, for time: Duration,
        _ write: @escaping @Sendable () async throws -> JSONWriter
    ) async throws -> WebResponse {
        try await cache.answer(arguments.name, for: time) { try await write().bytes }
    }
}

extension Arguments {
    /// Names the answer: the same for all requests that say the same, whatever else they say that nobody reads. Lengths
    /// stand before texts, so that no two requests share a name.
    var name: String {
        let said = request.query.items.filter { isDeclared($0.name) }.sorted {
            ($0.name, $0.value) < ($1.name, $1.value)
        }
        return ([request.path] + said.flatMap { [$0.name, $0.value] })
            .reduce(into: ServiceProcess.version) { $0 += " \($1.utf8.count):\($1)" }
    }
}
