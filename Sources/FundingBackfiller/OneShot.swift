import Foundation
import FundingCore
import FundingRuntime
import FundingStore
import Logging
import ServiceLifecycle

/// One backfill as a service, so that a signal ends it in good order: what was fetched stays, the rest is left to the
/// next.
final class OneShot: Service {
    private let runner: JobRunner
    private let stores: BackfillStores
    private let request: BackfillRequest
    private let instance: String
    private let outcome = Lock(false)

    init(_ runner: JobRunner, _ stores: BackfillStores, _ request: BackfillRequest, instance: String) {
        self.runner = runner
        self.stores = stores
        self.request = request
        self.instance = instance
    }

    /// Whether everything that could be fetched is there.
    var isWhole: Bool { outcome.withLock { $0 } }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.stores.announcer.run() }
                await self.work()
                group.cancelAll()
            }
        }
    }

    private func work() async {
        do {
            let job = try await stores.jobs.begin(request, worker: instance, locks: stores.locks)
            let progress = try await runner.work(on: job, isOwn: true)
            outcome.withLock { $0 = progress.isWhole }
        } catch is CancellationError {
            return
        } catch {
            runner.logger.error("backfill failed", metadata: ["error": "\(error)"])
        }
    }
}
