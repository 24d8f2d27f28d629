import CurlDriver
import Foundation
import FundingAlerts
import FundingCore
import FundingRuntime
import FundingStore
import Logging
import ServiceLifecycle

/// Delivers what was committed, as the leader: one message after the other to each channel, the channels side by side.
///
/// A message is delivered at least once: should the process die between the answer and its being written down, the next
/// leader sends it again, with the same key.
actor AlertCourier: Service {
    private enum Rhythm {
        static let beat = Duration.milliseconds(500)
        /// How often what is old is forgotten.
        static let pruning: TimeInterval = 3600
    }

    /// Messages taken up at a time, one a channel.
    private static let mostChannels = 32

    private let store: AlertStore
    private let sender: AlertSender
    private let election: LeaderElection
    private let settings: LiveSettings
    private let logger: Logger
    /// The channels that are being sent to.
    private var busy: Set<String> = []
    private var prunedAt = Date.distantPast
    private var isFailing = false

    init(
        _ store: AlertStore, _ sender: AlertSender, _ election: LeaderElection, _ settings: LiveSettings,
        _ logger: Logger
    ) {
        self.store = store
        self.sender = sender
        self.election = election
        self.settings = settings
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                while await Self.pause() {
                    for (delivery, token) in await self.takeUp() {
                        group.addTask { await self.deliver(delivery, token) }
                    }
                    if let token = await self.takePruning() { group.addTask { await self.prune(token) } }
                }
            }
        }
    }

    /// What is to be sent now. Its channels are busy until `deliver` has ended.
    private func takeUp() async -> [(AlertDelivery, ScannerLease.Token)] {
        guard let token = election.token, settings.current.revision >= 0 else { return [] }
        let now = Date()
        do {
            let due = try await store.due(at: now, notTo: Array(busy), limit: Self.mostChannels)
            busy.formUnion(due.map(\.channel))
            isFailing = false
            return due.map { ($0, token) }
        } catch {
            if !Task.isCancelled, !isFailing, !(error is LeadershipLost) {
                logger.error("alerts not delivered", metadata: ["error": "\(error)"])
            }
            isFailing = true
            return []
        }
    }

    /// Whether it is time to forget what is old; then it is not for some time, whatever comes of it.
    private func takePruning() -> ScannerLease.Token? {
        let now = Date()
        guard let token = election.token, settings.current.revision >= 0,
            now.timeIntervalSince(prunedAt) >= Rhythm.pruning
        else { return nil }
        prunedAt = now
        return token
    }

    /// Holds up no delivery: there may be much to forget.
    private func prune(_ token: ScannerLease.Token) async {
        let kept = TimeInterval(settings.current.settings.alerts.keptDays) * 86_400
        do {
            while try await !store.prune(before: Date().addingTimeInterval(-kept), token) {}
        } catch {
            guard !Task.isCancelled, !(error is LeadershipLost) else { return }
            logger.warning("old alerts not forgotten", metadata: ["error": "\(error)"])
        }
    }

    private func deliver(_ delivery: AlertDelivery, _ token: ScannerLease.Token) async {
        let alerts = settings.current.settings.alerts
        let outcome: DeliveryPolicy.Outcome
        var verdict: DeliveryPolicy.Verdict?
        if let channel = alerts.channels[delivery.channel], channel.isEnabled {
            outcome = await sender.send(
                delivery.message, to: channel, timeout: .seconds(alerts.delivery.timeout)
            ).outcome
        } else {
            outcome = .unsendable("the channel is switched off or gone")
            verdict = .failed
        }
        Failpoint.pass("after_alert_sending")
        // Told to end in the middle: the attempt does not count, and the next leader makes it again.
        if !Task.isCancelled { await write(verdict, outcome, delivery, token, alerts.delivery) }
        busy.remove(delivery.channel)
    }

    private func write(
        _ known: DeliveryPolicy.Verdict?, _ outcome: DeliveryPolicy.Outcome, _ delivery: AlertDelivery,
        _ token: ScannerLease.Token, _ settings: DeliverySettings
    ) async {
        let now = Date()
        let verdict =
            known
            ?? DeliveryPolicy(settings).verdict(
                on: outcome, attempt: delivery.attempts + 1, createdAt: delivery.createdAt, now: now,
                draw: .random(in: 0...1))
        do {
            try await store.record(verdict, on: outcome, of: delivery, token, at: now)
        } catch {
            // Not written down: it will be sent again, with the same key.
            logger.warning(
                "delivery not written down", metadata: ["channel": "\(delivery.channel)", "error": "\(error)"])
            return
        }
        let facts: Logger.Metadata = [
            "channel": "\(delivery.channel)", "attempt": "\(delivery.attempts + 1)", "outcome": "\(outcome.told)",
        ]
        switch verdict {
        case .delivered: logger.info("alert delivered", metadata: facts)
        case .retry(let time):
            logger.warning(
                "alert not delivered yet",
                metadata: facts.merging(["retry_in_s": "\(Int(time.timeIntervalSince(now)))"]) { $1 })
        case .failed: logger.error("alert not delivered", metadata: facts)
        }
    }

    /// False if it is time to end.
    private static func pause() async -> Bool {
        do {
            try await ContinuousClock().sleep(for: Rhythm.beat)
            return true
        } catch {
            return false
        }
    }
}
