import FundingCore
import PostgresDriver

extension RateChange {
    init(of snapshot: FundingSnapshot) {
        self.init(
            symbol: snapshot.contract.symbol, baseAsset: snapshot.contract.baseAsset, fundingRate: snapshot.fundingRate,
            interval: snapshot.interval, markPrice: snapshot.markPrice, indexPrice: snapshot.indexPrice,
            openInterest: snapshot.openInterest, nextFundingTime: snapshot.nextFundingTime
        )
    }

    init(row: PostgresRow) throws {
        let hours: Double = try row.decode("funding_interval_hours")
        guard let interval = FundingInterval(hours: hours) else {
            throw StoreError("exchange_data holds an interval of \(hours) h")
        }
        self.init(
            symbol: try row.decode("symbol"), baseAsset: try row.decode("base_asset"),
            fundingRate: try row.decode("funding_rate"), interval: interval, markPrice: try row.decode("mark_price"),
            indexPrice: try row.decode("index_price"), openInterest: try OpenInterest(row: row),
            nextFundingTime: try row.decode("next_funding_time")
        )
    }
}

extension OpenInterest {
    /// Nil if nothing of it is known.
    init?(row: PostgresRow) throws {
        let usd: Double? = try row.decode("open_interest_usd")
        let amount: Double? = try row.decode("open_interest_raw")
        let unit = try row.decode("open_interest_unit", as: String?.self).flatMap(Unit.init(rawValue:))
        guard usd != nil || amount != nil else { return nil }
        self.init(usd: usd, raw: amount.flatMap { amount in unit.map { Quantity(amount, $0) } })
    }
}
