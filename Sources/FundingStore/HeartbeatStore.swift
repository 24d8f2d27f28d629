public import Foundation
public import PostgresDriver

/// Which processes are alive: each writes its row every few seconds.
public struct HeartbeatStore: Sendable {
    /// One process, dead or alive.
    public struct Heartbeat: Sendable {
        public var service: String
        public var instance: String
        public var version: String
        public var startedAt: Date
        public var beatAt: Date

        public init(service: String, instance: String, version: String, startedAt: Date, beatAt: Date) {
            self.service = service
            self.instance = instance
            self.version = version
            self.startedAt = startedAt
            self.beatAt = beatAt
        }
    }

    /// A service beats every two seconds; one that was silent for longer than this, in seconds, has its work taken over.
    public static let silence: TimeInterval = 10

    private let pool: PostgresPool

    public init(_ pool: PostgresPool) { self.pool = pool }

    /// Writes the process's row, and forgets rows of processes that died a day ago.
    public func beat(service: String, instance: String, version: String, startedAt: Date) async throws {
        try await pool.withTransaction { connection in
            try await connection.query(
                """
                INSERT INTO service_heartbeats (service, instance, version, started_at, beat_at)
                VALUES (\(service), \(instance), \(version), \(startedAt), now())
                ON CONFLICT (service, instance) DO UPDATE
                   SET beat_at = now(), version = excluded.version, started_at = excluded.started_at
                """
            )
            try await connection.query("DELETE FROM service_heartbeats WHERE beat_at < now() - interval '1 day'")
        }
    }

    /// Removes the process's row: it ends in good order.
    public func remove(service: String, instance: String) async throws {
        try await pool.query("DELETE FROM service_heartbeats WHERE service = \(service) AND instance = \(instance)")
    }

    /// The latest beat of any instance of a service.
    public func lastBeat(of service: String) async throws -> Date? {
        try await pool.query("SELECT max(beat_at) AS beat_at FROM service_heartbeats WHERE service = \(service)")[0]
            .decode("beat_at")
    }

    /// All processes that run, and those of the last day that died.
    public func all() async throws -> [Heartbeat] {
        try await pool.query(
            "SELECT service, instance, version, started_at, beat_at FROM service_heartbeats ORDER BY service, instance"
        ).map { row in
            Heartbeat(
                service: try row.decode("service"), instance: try row.decode("instance"),
                version: try row.decode("version"), startedAt: try row.decode("started_at"),
                beatAt: try row.decode("beat_at"))
        }
    }
}
