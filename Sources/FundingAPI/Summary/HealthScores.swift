import Foundation
import FundingCore
import FundingJSON
import FundingRuntime
import FundingStore

/// What share of each exchange's polls of the last day brought something, in percent.
struct HealthScores: Sendable {
    private static let window: TimeInterval = 86_400
    /// A poll more or less among some thousands moves no score.
    private static let kept = Duration.seconds(60)

    let reads: TableReads
    let health: HealthBoard

    /// By exchange; one that was not polled for a day has none. None are known while Postgres cannot be asked, and what
    /// else is known of the exchanges does not wait for it.
    func current() async -> [ExchangeID: Double] {
        guard health.database.isConnected else { return [:] }
        let reader = CycleReader(reads.pool)
        let bytes = try? await reads.cache.bytes("health scores \(ServiceProcess.version)", for: Self.kept) {
            var writer = JSONWriter()
            writer.beginObject()
            for tally in try await reader.tally(since: Date().addingTimeInterval(-Self.window)) {
                writer.key(tally.exchange.rawValue)
                writer.value((Double(tally.stored) / Double(tally.polls) * 10_000).rounded() / 100)
            }
            writer.endObject()
            return writer.bytes
        }
        guard let bytes, let scores = try? JSONDocument(bytes).root else { return [:] }
        return scores.members.reduce(into: [:]) { $0[ExchangeID(rawValue: $1.key)] = $1.value.double }
    }
}
