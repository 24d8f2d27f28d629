import Foundation
import FundingCore
public import Logging
public import ServiceLifecycle

/// What every process of the suite wears: its logger, its ending, its exit codes.
public enum ServiceProcess {
    /// The suite's version, in banners, health bodies and heartbeats.
    public static let version = "0.1.0"

    /// Sent with every request to an exchange, so that it can tell who asks.
    public static let userAgent = "funding-suite/\(version)"

    /// The exit status for a configuration that cannot work, so that systemd does not start it again and again.
    public static let configurationStatus: Int32 = 78
    static let failureStatus: Int32 = 1

    /// How long the services may take to finish what they have begun after SIGTERM; then they are cancelled. A web server
    /// gives up its last requests sooner, so that the others still end in good order.
    static let patience = Duration.seconds(8)

    /// Reads `LOG_FORMAT` and `LOG_LEVEL` and makes the process's logger.
    public static func logger(_ service: String, _ environment: inout Environment) -> Logger {
        let format = environment.choice("LOG_FORMAT", default: LogFormat.logfmt)
        let level = environment.choice("LOG_LEVEL", default: Logger.Level.info)
        let isJournal = environment.text("JOURNAL_STREAM") != nil
        LoggingSystem.bootstrap { _ in
            SuiteLogHandler(service: service, level: level, format: format, isJournal: isJournal)
        }
        return Logger(label: service)
    }

    /// Runs services until one fails or SIGTERM or SIGINT asks to end, then closes what they used. The second signal ends the
    /// process at once.
    ///
    /// - Parameters:
    ///   - signs: for a service manager that wants to know how the process fares.
    ///   - close: closes connections; runs also where a service failed.
    public static func run(
        _ services: [any Service], _ logger: Logger, signs: SignsOfLife = SignsOfLife(),
        closing close: () async -> Void
    ) async throws {
        do {
            let report = ServiceManager().map { LifeReport(signs: signs, manager: $0) }
            try await run(services + (report.map { [$0] } ?? []), logger)
        } catch {
            await close()
            throw error
        }
        await close()
    }

    private static func run(_ services: [any Service], _ logger: Logger) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services.map {
                .init(
                    service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .gracefullyShutdownGroup
                )
            },
            logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }
        )
        configuration.maximumGracefulShutdownDuration = patience
        logger.info("started", metadata: ["version": .string(version), "pid": "\(getpid())"])
        let group = ServiceGroup(configuration: configuration)
        await EndRequests.shared.heed(group, logger.label)
        try await group.run()
        logger.info("ended")
    }

    /// Begins the orderly end of this process, as SIGTERM does.
    @Sendable public static func end() { kill(getpid(), SIGTERM) }

    /// Runs `body` as a whole process: a configuration fault ends it with 78 and lists all that is wrong, any other error
    /// with 1. A process that `serves` ends with 0 when told to end before its services run, as while it waits for Postgres.
    public nonisolated(nonsending) static func main(
        _ service: String, serves: Bool = false, _ body: nonisolated(nonsending) () async throws -> Void
    ) async {
        if serves { await EndRequests.shared.heed(service) }
        do {
            try await body()
        } catch let error as ConfigurationError {
            for problem in error.problems { complain("\(service): configuration: \(problem)") }
            exit(configurationStatus)
        } catch let fault as any ConfigurationFault {
            complain("\(service): \(fault)")
            exit(configurationStatus)
        } catch {
            complain("\(service): \(error)")
            exit(failureStatus)
        }
    }

    /// One line on standard error.
    public static func complain(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
