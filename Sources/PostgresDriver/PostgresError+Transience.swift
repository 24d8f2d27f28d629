extension PostgresError {
    /// Whether asking again, unchanged, can help. The only place that decides.
    ///
    /// | error | why it can pass |
    /// |---|---|
    /// | `connect` without a SQLSTATE, `connectionLost` | the network or the server may come back |
    /// | `poolTimeout` | connections are returned |
    /// | class 08 | connection exceptions |
    /// | 40001, 40P01 | serialization failure, deadlock: the other transaction has won, run yours again |
    /// | class 53 | out of connections, memory or disk: load passes, operators act |
    /// | 55P03 | lock not available within `lock_timeout` |
    /// | 57P01 – 57P05 | shutdown, crash, starting up, database dropped, idle timeout: the session ended, not the work |
    /// | 25006 | read-only transaction: this host is a standby, after a failover the next one is not |
    ///
    /// After `commitOutcomeUnknown`, repeat only what may safely happen twice.
    public var isTransient: Bool {
        switch kind {
        case .connectionLost, .poolTimeout: true
        case .connect: reportedState.map(Self.isTransient(sqlState:)) ?? true
        case .server(let sqlState): Self.isTransient(sqlState: sqlState)
        case .configuration, .decoding, .cancelled, .closed, .protocolViolation: false
        }
    }

    /// Whether the transaction lost against another one and should simply be run again.
    public var isConflict: Bool {
        sqlState == "40001" || sqlState == "40P01"
    }

    private static func isTransient(sqlState: String) -> Bool {
        switch sqlState {
        case "40001", "40P01", "55P03", "57P01", "57P02", "57P03", "57P04", "57P05", "25006": true
        default: sqlState.hasPrefix("08") || sqlState.hasPrefix("53")
        }
    }
}
