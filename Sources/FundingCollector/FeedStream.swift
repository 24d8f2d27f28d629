import Foundation
import FundingCore
import FundingExchanges
import FundingRuntime
import FundingStore
import Logging

/// A feed's stream within its runner: what it said that is not stored yet, and how its connections fare.
actor FeedStream {
    private let client: StreamClient
    private let board: Lock<StreamBoard>
    private let logger: Logger
    /// Connection by connection, what was last logged of it.
    private var logged: [String: String] = [:]
    private var lastRejects = RejectMemory()

    /// - Parameter outdate: called when the stream knows contracts that the listings do not.
    init(
        _ stream: any ExchangeStream, base: String?, open: @escaping StreamClient.Open,
        ask: @escaping StreamClient.Ask, _ board: Lock<StreamBoard>, _ logger: Logger
    ) {
        self.board = board
        self.logger = logger
        client = StreamClient(stream, base: base, open: open, ask: ask) { news in
            board.withLock { _ = $0.apply(news, at: Date()) }
        }
    }

    func follow(_ snapshots: [FundingSnapshot]) async { await client.follow(snapshots) }

    func stop() async { await client.stop() }

    /// How the connections fare now; what has changed since the last time is logged.
    func connections() async -> [StreamStore.Connection] {
        let states = await client.connections()
        for state in states { log(state) }
        logged = logged.filter { entry in states.contains { $0.key == entry.key } }
        for reject in lastRejects.unseen(board.withLock { $0.takeRejects() }) {
            logger.notice(
                "streamed row rejected", metadata: ["symbol": "\(reject.symbol)", "reason": "\(reject.reason)"])
        }
        return states.map(StreamStore.Connection.init)
    }

    private func log(_ state: StreamState) {
        let facts: Logger.Metadata = [
            "connection": "\(state.key)", "contracts": "\(state.contracts)", "openings": "\(state.openings)",
        ]
        let now = state.isOpen ? "open" : state.lastEnd?.kind.rawValue ?? "waiting"
        guard logged[state.key] != now else { return }
        logged[state.key] = now
        if state.isOpen {
            logger.info("stream open", metadata: facts)
        } else if let end = state.lastEnd {
            let level: Logger.Level = end.kind == .renewed ? .info : .warning
            let pause = state.reopensAt.map { "\(Int(max(0, $0.timeIntervalSinceNow)))" } ?? ""
            logger.log(
                level: level, "stream ended",
                metadata: facts.merging(["why": "\(end)", "retry_in_s": "\(pause)"]) { $1 }
            )
        }
    }
}

extension StreamStore.Connection {
    init(_ state: StreamState) {
        let meter = state.meter
        self.init(
            key: state.key, isOpen: state.isOpen, contracts: state.contracts, openedAt: meter?.openedAt,
            openings: state.openings, lastMessageAt: meter?.lastMessageAt, lastDataAt: meter?.lastDataAt,
            messages: meter?.messages ?? 0, updates: meter?.updates ?? 0, bytes: meter?.bytes ?? 0,
            unreadable: meter?.unreadable ?? 0, refusals: meter?.refusals ?? 0,
            lastEndKind: state.lastEnd?.kind.rawValue,
            lastEnd: (state.lastEnd?.detail ?? meter?.lastProblem)?.storable, lastEndAt: state.lastEndAt,
            reopensAt: state.reopensAt
        )
    }
}
