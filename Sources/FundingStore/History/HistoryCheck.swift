public import Foundation
public import FundingCore
import PostgresDriver

/// What one contract's history has and lacks.
public struct CheckedContract: Sendable {
    public var contract: HistoryContract
    public var report: HistoryReport
    /// The first and the last payment stored in the window.
    public var first: Date?
    public var last: Date?

    public init(contract: HistoryContract, report: HistoryReport, first: Date?, last: Date?) {
        self.contract = contract
        self.report = report
        self.first = first
        self.last = last
    }
}

extension HistoryStore {
    /// How long after falling due a payment may take to be stored before it counts as missing, in seconds.
    public static let publicationDelay: TimeInterval = 900

    /// Tells what is missing, with one query over the rows of all the contracts.
    ///
    /// A contract that is no longer listed is expected to have been paid up to its last payment, as nothing tells when
    /// it ended.
    public func check(
        _ contracts: [HistoryContract], during window: ClosedRange<Date>, now: Date = .now,
        publicationDelay: TimeInterval = publicationDelay
    ) async throws -> [CheckedContract] {
        let end = min(window.upperBound, now.addingTimeInterval(-publicationDelay))
        var outlines: [Int: HistoryOutline] = [:]
        if window.lowerBound <= end {
            outlines = try await pool.withConnection { connection in
                try await Self.outlines(of: contracts.map(\.id), during: window.lowerBound...end, connection)
            }
        }
        return contracts.map { contract in
            let outline = outlines[contract.id] ?? HistoryOutline()
            let terms = HistoryOutline.Terms(
                listedAt: contract.contract.listedAt, ledger: contract.ledger, now: now,
                publicationDelay: publicationDelay)
            return CheckedContract(
                contract: contract, report: contract.report(outline, during: window, terms),
                first: outline.firstInside, last: outline.lastInside)
        }
    }
}

extension HistoryContract {
    func report(
        _ outline: HistoryOutline, during window: ClosedRange<Date>, _ terms: HistoryOutline.Terms
    ) -> HistoryReport {
        guard !isActive else { return outline.report(during: window, terms) }
        guard let last = outline.last?.time, last >= window.lowerBound else {
            return HistoryReport(during: nil, present: 0, gaps: [])
        }
        return outline.report(during: window.lowerBound...min(last, window.upperBound), terms)
    }
}
