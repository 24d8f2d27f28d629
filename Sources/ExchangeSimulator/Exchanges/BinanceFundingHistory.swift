import FundingJSON

/// Binance's `fundingRate`: ascending, both bounds inclusive, of too many rows the first; without a symbol, where that is
/// allowed, of all contracts.
struct BinanceFundingHistory {
    private let request: SimulatedRequest
    private let scene: Scene
    private let form: BinanceForm

    init(_ request: SimulatedRequest, _ scene: Scene, _ form: BinanceForm) {
        self.request = request
        self.scene = scene
        self.form = form
    }

    private struct Row {
        var contract: SimulatedContract
        var payment: Int
        /// The payment's time as it is stamped.
        var time: Int
        var isSpecial = false
    }

    func answer() -> SimulatedAnswer {
        var contracts = scene.contracts.filter { $0.kind == .perpetual }
        if let symbol = request.query["symbol"] {
            guard let contract = scene.contract(symbol) else { return BinanceReply.noSuchSymbol }
            contracts = contract.kind == .perpetual ? [contract] : []
        } else if !form.hasBulkHistory {
            return BinanceReply.missing("symbol")
        }
        let start = request.integer("startTime")
        let end = request.integer("endTime")
        if let start, let end, start > end {
            return BinanceReply.error(400, -1023, "Start time is greater than end time.")
        }
        let usual = start == nil && end == nil ? form.latestRows : 100
        let limit = max(1, min(request.integer("limit") ?? usual, 1000))
        let range = (start ?? 0)...max(start ?? 0, min(end ?? scene.now, scene.now))
        let rows = start == nil ? latest(contracts, in: range, limit) : earliest(contracts, in: range, limit)
        return .written(reservingCapacity: rows.count * 130) { json in
            json.beginArray()
            for row in rows {
                json.beginObject()
                json.field("symbol", row.contract.symbol)
                json.field("fundingTime", row.time)
                let rate = row.isSpecial ? -0.0011 : scene.rate(of: row.contract, at: row.payment)
                json.field("fundingRate", scene.rateText(rate, digits: 8))
                if form.historyNamesMarks {
                    let mark = scene.market.markPrice(of: row.contract, at: row.payment)
                    json.field("markPrice", quoting: mark, digits: 8)
                }
                if form.historyNamesTypes { json.field("rateType", row.isSpecial ? "Special" : "Regular") }
                json.endObject()
            }
            json.endArray()
        }
    }

    private func row(_ contract: SimulatedContract, _ payment: Int) -> Row {
        let lateness = scene.market.noise.bits(contract.key ^ 5, payment) % UInt64(form.lateness + 1)
        return Row(contract: contract, payment: payment, time: payment + Int(lateness))
    }

    /// The row of a payment and, for a share now and then, that of a dividend at the same time.
    private func rows(_ contract: SimulatedContract, _ payment: Int, in range: ClosedRange<Int>) -> [Row] {
        let row = row(contract, payment)
        guard range.contains(row.time) else { return [] }
        guard form.historyNamesTypes, contract.asset.kind == .stock,
            scene.market.noise.bits(contract.key ^ 6, payment) % 40 == 0
        else {
            return [row]
        }
        var special = row
        special.isSpecial = true
        return [row, special]
    }

    private func earliest(_ contracts: [SimulatedContract], in range: ClosedRange<Int>, _ limit: Int) -> [Row] {
        let payments = range.lowerBound - form.lateness...range.upperBound
        if let only = contracts.first, contracts.count == 1 {
            let times = only.schedule.payments(in: payments, limit: limit + 1)
            return Array(times.flatMap { rows(only, $0, in: range) }.prefix(limit))
        }
        var found: [Row] = []
        guard var hour = contracts.map(\.schedule.listedAt).min().map({ max($0, payments.lowerBound) }) else {
            return []
        }
        hour = (hour - 1).floored(to: .millisecondsOfHour) + .millisecondsOfHour
        while hour <= payments.upperBound, found.count < limit {
            found += rows(of: contracts, paidAt: hour, in: range)
            hour += .millisecondsOfHour
        }
        return Array(found.prefix(limit))
    }

    private func latest(_ contracts: [SimulatedContract], in range: ClosedRange<Int>, _ limit: Int) -> [Row] {
        if let only = contracts.first, contracts.count == 1 {
            let times = only.schedule.payments(in: range, limit: limit + 1, newest: true)
            return Array(times.flatMap { rows(only, $0, in: range) }.suffix(limit))
        }
        guard let first = contracts.map(\.schedule.listedAt).min() else { return [] }
        var found: [Row] = []
        var hour = range.upperBound.floored(to: .millisecondsOfHour)
        while hour > first, found.count < limit {
            found = rows(of: contracts, paidAt: hour, in: range) + found
            hour -= .millisecondsOfHour
        }
        return Array(found.suffix(limit))
    }

    private func rows(of contracts: [SimulatedContract], paidAt hour: Int, in range: ClosedRange<Int>) -> [Row] {
        contracts.flatMap { contract in
            contract.schedule.payments(in: hour...hour).flatMap { rows(contract, $0, in: range) }
        }
        .sorted { ($0.time, $0.contract.id) < ($1.time, $1.contract.id) }
    }
}
