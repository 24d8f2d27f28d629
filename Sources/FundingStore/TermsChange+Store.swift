import FundingCore
import PostgresDriver

extension TermsChange {
    /// A row of the statement that writes the interval ledger.
    init(row: PostgresRow) throws {
        let oldInterval: FundingInterval? = try row.interval("old_interval")
        var before: ContractTerms?
        if let oldInterval {
            before = ContractTerms(
                interval: oldInterval, rateCap: try row.decode("old_cap"), rateFloor: try row.decode("old_floor"),
                denomination: try row.decode("old_denomination"), status: try row.status("old_status")
            )
        }
        guard let interval: FundingInterval = try row.interval("funding_interval_hours") else {
            throw StoreError("a row of the interval ledger without an interval")
        }
        self.init(
            symbol: try row.decode("symbol"), baseAsset: try row.decode("base_asset"), before: before,
            after: ContractTerms(
                interval: interval, rateCap: try row.decode("rate_cap"), rateFloor: try row.decode("rate_floor"),
                denomination: try row.decode("denomination"), status: .active
            )
        )
    }

    /// A row of the interval ledger beside the one before it.
    init(ledger row: PostgresRow) throws {
        try self.init(row: row)
        after.status = try row.status("status")
    }

    /// A row of the statement that ends listings.
    init(retired row: PostgresRow) throws {
        guard let interval: FundingInterval = try row.interval("funding_interval_hours") else {
            throw StoreError("a contract without an interval")
        }
        var terms = ContractTerms(
            interval: interval, rateCap: nil, rateFloor: nil, denomination: try row.decode("denomination"),
            status: .active
        )
        let before = terms
        terms.status = .inactive
        self.init(
            symbol: try row.decode("symbol"), baseAsset: try row.decode("base_asset"), before: before, after: terms
        )
    }
}

extension ContractsEvent {
    /// Nil where nothing changed.
    init?(of batch: SnapshotBatch, _ changes: [TermsChange]) {
        guard !changes.isEmpty else { return nil }
        self.init(
            feed: batch.feed, exchange: batch.exchange, exchangeName: batch.exchangeName, validFrom: batch.observedAt,
            changes: changes
        )
    }
}

extension PostgresRow {
    fileprivate func interval(_ column: String) throws -> FundingInterval? {
        let hours: Double? = try decode(column)
        return hours.flatMap(FundingInterval.init(hours:))
    }

    fileprivate func status(_ column: String) throws -> ContractTerms.Status {
        let text: String = try decode(column)
        guard let status = ContractTerms.Status(rawValue: text) else {
            throw StoreError("a contract's status is active or inactive, found \(text)")
        }
        return status
    }
}
