import Foundation
import FundingRuntime
import FundingStore
import Logging
import ServiceLifecycle

/// Says every few seconds that this scanner is alive, leading or not.
struct ScannerHeartbeat: Service {
    private static let beat = Duration.seconds(2)

    let heartbeats: HeartbeatStore
    let instance: String
    let logger: Logger
    private let startedAt = Date()

    init(_ heartbeats: HeartbeatStore, instance: String, _ logger: Logger) {
        self.heartbeats = heartbeats
        self.instance = instance
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var isSilent = false
            while !Task.isCancelled {
                do {
                    try await heartbeats.beat(
                        service: "scanner", instance: instance, version: ServiceProcess.version, startedAt: startedAt
                    )
                    isSilent = false
                } catch {
                    if !isSilent, !Task.isCancelled {
                        logger.warning("no heartbeat", metadata: ["error": "\(error)"])
                    }
                    isSilent = true
                }
                do { try await ContinuousClock().sleep(for: Self.beat) } catch { return }
            }
        }
        do {
            try await heartbeats.remove(service: "scanner", instance: instance)
        } catch {
            logger.debug("heartbeat not removed", metadata: ["error": "\(error)"])
        }
    }
}
