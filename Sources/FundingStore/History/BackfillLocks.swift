public import FundingCore
public import PostgresDriver

/// The right to fill an exchange's history, and to work on a job, each held by one process at a time.
///
/// These are Postgres advisory locks of one long-lived session: they end the moment their holder dies, so that what it
/// left can be taken up at once. History may be written twice without harm, so unlike with `FeedLeases` no write needs to
/// prove its lock: it only keeps two from asking an exchange for the same.
public actor BackfillLocks {
    private enum Key: Hashable {
        case exchange(ExchangeID)
        case job(Int)
    }

    /// Separate these advisory locks from all others in the database.
    private static let exchangeSpace: Int32 = 0x4655_4E47
    private static let jobSpace: Int32 = 0x4655_4E48

    private let configuration: PostgresConfiguration
    private var session: PostgresConnection?
    private var held: Set<Key> = []

    public init(_ configuration: PostgresConfiguration) { self.configuration = configuration }

    /// Takes an exchange; false while anybody holds it, another part of this process included.
    public func take(_ exchange: ExchangeID) async throws -> Bool { try await take(.exchange(exchange)) }

    public func giveBack(_ exchange: ExchangeID) async throws { try await giveBack(.exchange(exchange)) }

    /// Takes a job; false while anybody works on it.
    func take(job: Int) async throws -> Bool { try await take(.job(job)) }

    func giveBack(job: Int) async throws { try await giveBack(.job(job)) }

    /// Proves that the session, and with it every lock, still stands; throws if it does not, and all of them are lost.
    public func confirm() async throws {
        guard !held.isEmpty, let session else { return }
        do {
            try await session.query("SELECT 1")
        } catch {
            await drop()
            throw error
        }
    }

    /// The exchanges that are held. None after a lost session.
    public var exchanges: Set<ExchangeID> {
        guard session?.isBroken == false else { return [] }
        return Set(
            held.compactMap { key in
                if case .exchange(let exchange) = key { exchange } else { nil }
            })
    }

    /// Ends the session and with it all locks.
    public func close() async { await drop() }

    private func take(_ key: Key) async throws -> Bool {
        let session = try await open()
        // Postgres lets a session take its own lock again; claimed before the await, so that no second call gets it too.
        guard held.insert(key).inserted else { return false }
        do {
            let locked: Bool = try await session.query("SELECT pg_try_advisory_lock(\(Self.key(key))) AS locked")[0]
                .decode("locked")
            if !locked { held.remove(key) }
            return locked
        } catch {
            await drop()
            throw error
        }
    }

    private func giveBack(_ key: Key) async throws {
        guard held.contains(key), let session else { return }
        do {
            try await session.query("SELECT pg_advisory_unlock(\(Self.key(key)))")
            held.remove(key)
        } catch {
            await drop()
            throw error
        }
    }

    private static func key(_ key: Key) -> PostgresQuery {
        switch key {
        case .exchange(let exchange): "\(exchangeSpace), hashtext(\(exchange.rawValue))"
        case .job(let id): "\(jobSpace), \(Int32(id))"
        }
    }

    private func open() async throws -> PostgresConnection {
        if let session, !session.isBroken { return session }
        await drop()
        let opened = try await PostgresConnection.connect(configuration)
        // While this one connected, another call may have: with two sessions, locks would end with the wrong one.
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
