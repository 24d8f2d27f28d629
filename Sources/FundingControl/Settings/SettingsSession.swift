import Foundation
import FundingCore
import FundingRuntime
import FundingStore
import PostgresDriver
import RedisDriver

/// A command that works on the settings: its database, and where it tells of what it changed.
enum SettingsSession {
    /// Bytes of the longest file that is read.
    private static let longestFile = 1 << 20
    private static let patience = Duration.seconds(3)

    /// Runs a command; what is wrong with a document is told line by line.
    static nonisolated(nonsending) func run(
        _ body: nonisolated(nonsending) (SettingsStore, RedisConfiguration?) async throws -> Void
    ) async {
        await ServiceProcess.main("fundingctl") {
            var environment = Environment()
            let database = Database.configuration(&environment)
            let redis =
                environment.text("REDIS_URL") == nil
                ? nil : environment.value("REDIS_URL") { try RedisConfiguration(url: $0) }
            try environment.finish()
            guard let database else { return }
            try await Database.withPool(database) { try await body(SettingsStore($0), redis) }
        }
    }

    /// Runs a command that saves the settings, publishes what it saved and tells what takes effect when.
    static nonisolated(nonsending) func change(
        _ body: nonisolated(nonsending) (SettingsStore) async throws -> SettingsEvent
    ) async {
        await run { store, redis in
            let before = SuiteSettings.read(try await store.current().document).settings
            let event = try await body(store)
            if let redis { await publish(event, redis) }
            print("revision \(event.revision)")
            for change in before.changes(to: try await store.current().settings()) {
                print(
                    "\(change.path): \(change.application == .live ? "in force within seconds" : "at the next start")")
            }
        }
    }

    /// A lost event costs the readers a few seconds, nothing else.
    private static func publish(_ event: SettingsEvent, _ configuration: RedisConfiguration) async {
        let redis = RedisConnection(configuration, name: "fundingctl")
        do {
            try await redis.waitUntilConnected(timeout: patience)
            try await EventPublisher(redis).publish(event)
        } catch {
            ServiceProcess.complain("fundingctl: saved, but not published: \(error)")
        }
        await redis.close()
    }

    /// What a file holds; `-` is standard input.
    static func bytes(of path: String) throws -> [UInt8] {
        let handle = path == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: path)
        guard let handle else { throw FileFault(description: "cannot read \(path)") }
        let data = try handle.read(upToCount: longestFile + 1) ?? Data()
        guard data.count <= longestFile else {
            throw FileFault(description: "\(path) is longer than \(longestFile) bytes")
        }
        return Array(data)
    }
}
