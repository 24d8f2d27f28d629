public import PostgresDriver

/// The right to write spreads, statistics and alerts, held by one scanner at a time; the others stand by.
///
/// It is a Postgres advisory lock of one long-lived session, so it ends the moment its holder dies, and a token that grows
/// with every new holder: a transaction that proves an older one is refused.
public actor ScannerLease {
    /// What a leader proves with every write.
    public struct Token: Hashable, Sendable {
        public var number: Int

        public init(number: Int) { self.number = number }
    }

    /// Separates this advisory lock from all others in the database.
    private static let lockSpace: Int32 = 0x4655_4E49
    /// What its transactions are known by.
    fileprivate static let name = "scanner"

    private let configuration: PostgresConfiguration
    private let holder: String
    private var session: PostgresConnection?
    private var held: Token?

    public init(_ configuration: PostgresConfiguration, holder: String) {
        self.configuration = configuration
        self.holder = holder
    }

    /// Takes the lease, or confirms that the session of the one held still stands.
    /// - Returns: nil while another scanner holds it.
    public func take() async throws -> Token? {
        let session = try await open()
        do {
            if let held {
                try await session.query("SELECT 1")
                return held
            }
            let locked: Bool = try await session.query("SELECT pg_try_advisory_lock(\(Self.lockSpace), 0) AS locked")[0]
                .decode("locked")
            guard locked else { return nil }
            try await LeasedWrites.end(Self.name, over: session)
            let claimed = try await session.query(
                "UPDATE scanner_lease SET token = token + 1, holder = \(holder), taken_at = now() RETURNING token"
            )
            guard let row = claimed.first else { throw StoreError("scanner_lease has lost its row") }
            let token = Token(number: try row.decode("token"))
            held = token
            return token
        } catch {
            await close()
            throw error
        }
    }

    /// Ends the session and with it the lease, so that another scanner may take it at once.
    public func close() async {
        held = nil
        let ended = session
        session = nil
        await ended?.close()
    }

    private func open() async throws -> PostgresConnection {
        if let session, !session.isBroken { return session }
        await close()
        let opened = try await PostgresConnection.connect(configuration)
        session = opened
        return opened
    }
}

/// Another scanner leads now: what this one wanted to write was refused.
public struct LeadershipLost: Error, Sendable, CustomStringConvertible {
    public var description: String { "another scanner leads" }
}

extension PostgresConnection {
    /// The fence, to stand first in every transaction that a leader writes: the lease cannot change hands before it ends,
    /// and who takes it over ends it.
    /// - Throws: `LeadershipLost` if it has changed hands already.
    public func proveLeadership(_ token: ScannerLease.Token) async throws {
        let rows = try await query(
            "SELECT \(LeasedWrites.mark(ScannerLease.name)) FROM scanner_lease WHERE token = \(token.number) FOR SHARE"
        )
        guard !rows.isEmpty else { throw LeadershipLost() }
    }
}
