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
        let raw = try row.decode("open_interest_raw", as: Double?.self).map { amount in
            let unit: String = try row.decode("open_interest_unit")
            guard let unit = Unit(rawValue: unit) else { throw StoreError("exchange_data counts in \(unit)") }
            return Quantity(amount, unit)
        }
        guard usd != nil || raw != nil else { return nil }
        self.init(usd: usd, raw: raw)
    }
}
