import FundingRuntime
import FundingStore
import Logging
import ServiceLifecycle

/// Takes the scanners' one lease when it is free and says whether this scanner leads.
final class LeaderElection: Service {
    /// How soon a dead leader is followed: a fraction of the ten seconds that are promised.
    private static let beat = Duration.seconds(1)

    private let lease: ScannerLease
    private let logger: Logger
    private let held = Lock<ScannerLease.Token?>(nil)

    init(_ lease: ScannerLease, _ logger: Logger) {
        self.lease = lease
        self.logger = logger
    }

    /// What to prove with every write; nil for a standby, which writes and publishes nothing. A new token means that
    /// another scanner may have written meanwhile.
    var token: ScannerLease.Token? { held.withLock { $0 } }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            repeat { await self.campaign() } while await Self.pause()
        }
        held.withLock { $0 = nil }
        await lease.close()
    }

    private func campaign() async {
        var taken: ScannerLease.Token?
        do {
            taken = try await lease.take()
        } catch {
            guard !Task.isCancelled else { return }
            if token != nil { logger.warning("leadership lost", metadata: ["error": "\(error)"]) }
        }
        let before = held.withLock { held in
            defer { held = taken }
            return held
        }
        if let taken, taken != before { logger.notice("leading", metadata: ["token": "\(taken.number)"]) }
    }

    /// False if it is time to end.
    private static func pause() async -> Bool {
        do {
            try await ContinuousClock().sleep(for: beat)
            return true
        } catch {
            return false
        }
    }
}
