import FundingRuntime
import Logging
import ServiceLifecycle

/// One line a minute that says what the API has been doing.
struct StatusReport: Service {
    private static let period = Duration.seconds(60)

    let live: LiveFeed
    let counters: ReadModelCounters
    let meter: RequestMeter
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do { try await Task.sleep(for: Self.period) } catch { return }
                logger.info("status", metadata: takeFacts())
            }
        }
    }

    /// What has happened since this was last asked.
    func takeFacts() -> Logger.Metadata {
        let counts = counters.take()
        return [
            "events_applied": "\(counts.applied)", "events_duplicate": "\(counts.duplicates)",
            "events_unreadable": "\(counts.unreadable)", "gaps_healed": "\(counts.healed)",
            "unavailable": "\(meter.takeRefused())", "ws_clients": "\(live.clientCount)",
        ]
    }
}
