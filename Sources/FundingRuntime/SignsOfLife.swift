import ServiceLifecycle

/// What a process can say of itself beside that it runs.
public struct SignsOfLife: Sendable {
    /// Returns when the process does what it is for.
    public var ready: @Sendable () async -> Void
    /// Returns when the threads that work runs on have turned. Depends on nothing outside the process: while a database is
    /// away the process waits, and starting it again would help nobody.
    public var pulse: @Sendable () async -> Void
    /// What it is doing, in a line.
    public var status: @Sendable () async -> String?

    /// - Parameters:
    ///   - ready: at once if not given.
    ///   - pulse: of the threads that all tasks run on if not given.
    public init(
        ready: @escaping @Sendable () async -> Void = {}, pulse: @escaping @Sendable () async -> Void = {},
        status: @escaping @Sendable () async -> String? = { nil }
    ) {
        self.ready = ready
        self.pulse = pulse
        self.status = status
    }
}

/// Passes the signs on to the service manager.
struct LifeReport: Service {
    /// How often the status is told where nobody watches.
    private static let period = Duration.seconds(10)

    let signs: SignsOfLife
    let manager: ServiceManager

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await signs.ready()
            guard !Task.isCancelled else { return }
            manager.tell("READY=1")
            while !Task.isCancelled {
                await signs.pulse()
                let status = await signs.status().map { "\nSTATUS=\($0)" }
                manager.tell("WATCHDOG=1\(status ?? "")")
                do { try await ContinuousClock().sleep(for: pause) } catch { return }
            }
        }
        manager.tell("STOPPING=1")
    }

    /// Twice within its patience, as sd_watchdog_enabled(3) advises, and once more for a busy machine.
    private var pause: Duration { manager.patience.map { min($0 / 3, Self.period) } ?? Self.period }
}
