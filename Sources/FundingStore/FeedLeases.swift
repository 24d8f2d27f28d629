public import FundingCore
public import PostgresDriver

/// The right to poll a feed, held by one collector at a time.
///
/// A lease is a Postgres advisory lock of one long-lived session, so it ends the moment its holder dies, and a token that
/// grows with every new holder: a write with an older token is refused in the writing transaction itself.
public actor FeedLeases {
    /// Which process polls which feed, proved to the store at every write.
    public struct Lease: Hashable, Sendable {
        public var feed: FeedID
        public var token: Int
    }

    /// Separates these advisory locks from all others in the database.
    private static let lockSpace: Int32 = 0x4655_4E44
    /// The space of the one lock that all collectors share: who holds it is alive.
    private static let presenceSpace: Int32 = 0x4655_4E45

    private let configuration: PostgresConfiguration
    private let holder: String
    private var session: PostgresConnection?
    private var held: [FeedID: Lease] = [:]

    public init(_ configuration: PostgresConfiguration, holder: String) {
        self.configuration = configuration
        self.holder = holder
    }

    public var leases: [FeedID: Lease] { held }

    /// Proves that the session, and with it every lease, still stands; losing it loses all of them.
    /// - Returns: how many collectors there are now, this one included. A session ends with its process, so that a dead
    ///   collector counts no longer than it lives.
    public func confirm() async throws -> Int {
        let session = try await open()
        do {
            return try await session.query(
                """
                SELECT count(*) AS collectors FROM pg_locks
                 WHERE locktype = 'advisory' AND mode = 'ShareLock' AND granted
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                   AND classid::bigint = \(Int(Self.presenceSpace))
                """
            )[0].decode("collectors")
        } catch {
            await drop()
            throw error
        }
    }

    /// Takes the lease on a feed, or returns nil while another collector holds it. What is held already stays as it is.
    public func take(_ feed: FeedID) async throws -> Lease? {
        let session = try await open()
        // Postgres counts how often a session takes a lock: taken twice, it would not be free when given back once.
        if let lease = held[feed] { return lease }
        do {
            let locked: Bool = try await session.query(
                "SELECT pg_try_advisory_lock(\(Self.lockSpace), hashtext(\(feed.rawValue))) AS locked"
            )[0].decode("locked")
            guard locked else { return nil }
            try await LeasedWrites.end(feed.rawValue, over: session)
            let claimed = try await session.query(
                """
                UPDATE exchange_health
                   SET lease_token = lease_token + 1, lease_holder = \(holder), updated_at = now()
                 WHERE feed = \(feed.rawValue)
                RETURNING lease_token
                """
            )
            guard let row = claimed.first else { throw StoreError("the feed \(feed) is unknown to exchange_health") }
            let lease = Lease(feed: feed, token: try row.decode("lease_token"))
            held[feed] = lease
            return lease
        } catch {
            await drop()
            throw error
        }
    }

    /// Gives a lease back, so that another collector may take the feed at once.
    public func giveBack(_ feed: FeedID) async throws {
        guard held.removeValue(forKey: feed) != nil, let session else { return }
        do {
            try await session.query("SELECT pg_advisory_unlock(\(Self.lockSpace), hashtext(\(feed.rawValue)))")
        } catch {
            await drop()
            throw error
        }
    }

    /// Ends the session and with it all leases.
    public func close() async { await drop() }

    private func open() async throws -> PostgresConnection {
        if let session, !session.isBroken { return session }
        await drop()
        let opened = try await PostgresConnection.connect(configuration)
        do {
            try await opened.query("SELECT pg_advisory_lock_shared(\(Self.presenceSpace), 0)")
        } catch {
            await opened.close()
            throw error
        }
        // While this one connected, another call may have: with two sessions, leases would end with the wrong one.
        if let session, !session.isBroken {
            await opened.close()
            return session
        }
        session = opened
        return opened
    }

    private func drop() async {
        held.removeAll()
        let ended = session
        session = nil
        await ended?.close()
    }
}
