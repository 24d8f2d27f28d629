public import Foundation

/// How far a backfill job has come: the whole state, so that an event that was missed is made good by the next.
public struct BackfillEvent: Hashable, Sendable {
    public enum Status: String, Hashable, Sendable, CaseIterable {
        case pending, processing, completed
        /// Read to the end without writing.
        case completedDryRun = "completed_dry_run"
        /// The exchange had nothing to give.
        case noData = "no_data"
        /// Read, but not stored.
        case uploadFailed = "upload_failed"
        case error, cancelled
    }

    /// One exchange's part of the job.
    public struct Exchange: Hashable, Sendable {
        public var id: ExchangeID
        public var name: String
        public var status: Status
        public var symbolsDone: Int
        public var symbolsTotal: Int
        /// Of those done, the contracts of which at least 95 % of what fell due is there.
        public var symbolsComplete: Int
        /// When the exchange's turn came, and when it was over.
        public var startedAt: Date?
        public var finishedAt: Date?
        /// Payments stored so far, new ones and revised ones.
        public var rows: Int
        /// Requests sent so far.
        public var requests: Int
        /// Of the contracts done, payments that fell due and are not there.
        public var missing: Int
        /// How much longer it will take, in seconds; nil if that cannot be told yet.
        public var etaSeconds: Double?
        /// What stands in the way, or what is missing at the end and why.
        public var message: String?

        public init(
            id: ExchangeID, name: String, status: Status, symbolsDone: Int, symbolsTotal: Int, symbolsComplete: Int = 0,
            startedAt: Date? = nil, finishedAt: Date? = nil, rows: Int, requests: Int, missing: Int = 0,
            etaSeconds: Double? = nil, message: String? = nil
        ) {
            self.id = id
            self.name = name
            self.status = status
            self.symbolsDone = symbolsDone
            self.symbolsTotal = symbolsTotal
            self.symbolsComplete = symbolsComplete
            self.startedAt = startedAt
            self.finishedAt = finishedAt
            self.rows = rows
            self.requests = requests
            self.missing = missing
            self.etaSeconds = etaSeconds
            self.message = message
        }
    }

    /// The row in `backfill_jobs`.
    public var jobID: Int
    public var status: Status
    /// When it was so.
    public var observedAt: Date
    public var message: String?
    public var exchanges: [Exchange]

    public init(jobID: Int, status: Status, observedAt: Date, message: String? = nil, exchanges: [Exchange]) {
        self.jobID = jobID
        self.status = status
        self.observedAt = observedAt
        self.message = message
        self.exchanges = exchanges
    }

    public var symbolsDone: Int { exchanges.reduce(0) { $0 + $1.symbolsDone } }
    public var symbolsTotal: Int { exchanges.reduce(0) { $0 + $1.symbolsTotal } }
    public var rows: Int { exchanges.reduce(0) { $0 + $1.rows } }
    public var requests: Int { exchanges.reduce(0) { $0 + $1.requests } }
    /// Exchanges work side by side, so the job takes as long as the slowest; nil if none can tell.
    public var etaSeconds: Double? { exchanges.compactMap(\.etaSeconds).max() }
}

extension BackfillEvent {
    /// How far the job is, for people.
    public var sentence: String {
        message
            ?? (status.isOver
                ? "Job \(jobID) has ended: \(status.rawValue)"
                : "Job \(jobID) has done \(symbolsDone) of \(symbolsTotal) contracts")
    }

    /// Percent of the contracts. A job that is completed is whole even where there was nothing to do, and none is before.
    public var progress: Int {
        if status == .completed { return 100 }
        return symbolsTotal == 0 ? 0 : min(status.isOver ? 100 : 99, symbolsDone * 100 / symbolsTotal)
    }
}

extension BackfillEvent.Exchange {
    /// Percent of its contracts. One that is over is whole where there was nothing to do.
    public var progress: Int {
        symbolsTotal == 0 ? (status.isOver ? 100 : 0) : min(100, symbolsDone * 100 / symbolsTotal)
    }

    /// Seconds from the coming of its turn to its end, or until now; nil before.
    public func elapsed(at now: Date) -> TimeInterval? {
        startedAt.map { max(0, (finishedAt ?? now).timeIntervalSince($0)) }
    }

    /// How much longer it will take, in seconds: nothing once it is over, nil if that cannot be told yet.
    public var remaining: TimeInterval? { status.isOver ? 0 : etaSeconds }
}

extension BackfillEvent.Status {
    /// Whether nothing more will come of it.
    public var isOver: Bool { self != .pending && self != .processing }

    /// The status of several parts taken together: what needs somebody's attention first.
    public init(of parts: [Self]) {
        let first: [Self] = [.error, .uploadFailed, .cancelled, .processing]
        if let status = first.first(where: parts.contains) {
            self = status
        } else {
            let all = Set(parts)
            self = all.count > 1 ? (all.contains(.pending) ? .processing : .completed) : all.first ?? .pending
        }
    }
}
