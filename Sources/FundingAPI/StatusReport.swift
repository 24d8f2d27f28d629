import FundingRuntime
import Logging
import ServiceLifecycle

/// One line a minute that says what the API has been doing.
struct StatusReport: Service {
    private static let period = Duration.seconds(60)

    let live: LiveFeed
    let counters: ReadModelCounters
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do { try await Task.sleep(for: Self.period) } catch { return }
                let counts = counters.take()
                logger.info(
                    "status",
                    metadata: [
                        "events_applied": "\(counts.applied)", "events_duplicate": "\(counts.duplicates)",
                        "events_unreadable": "\(counts.unreadable)", "gaps_healed": "\(counts.healed)",
                        "ws_clients": "\(live.clientCount)",
                    ]
                )
            }
        }
    }
}
