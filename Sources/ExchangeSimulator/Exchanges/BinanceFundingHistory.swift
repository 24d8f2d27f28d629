import FundingJSON

/// Binance's `fundingRate`: ascending, both bounds inclusive, of too many rows the first; without a symbol, of all
/// contracts.
struct BinanceFundingHistory {
    private let request: SimulatedRequest
    private let scene: Scene

    init(_ request: SimulatedRequest, _ scene: Scene) {
        self.request = request
        self.scene = scene
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
            guard let contract = scene.contract(symbol) else {
                return SimulatedBinanceUSDM.error(400, -1121, "Invalid symbol.")
            }
            contracts = contract.kind == .perpetual ? [contract] : []
        }
        let start = request.integer("startTime")
        let end = request.integer("endTime")
        if let start, let end, start > end {
            return SimulatedBinanceUSDM.error(400, -1023, "Start time is greater than end time.")
        }
        // Without any time the documented default is the latest 200.
        let limit = max(1, min(request.integer("limit") ?? (start == nil && end == nil ? 200 : 100), 1000))
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
                let mark = scene.market.markPrice(of: row.contract, at: row.payment)
                json.field("markPrice", quoting: mark, digits: 8)
                json.field("rateType", row.isSpecial ? "Special" : "Regular")
                json.endObject()
            }
            json.endArray()
        }
    }

    private static let jitter = 15

    /// Payments are stamped up to 14 ms late.
    private func row(_ contract: SimulatedContract, _ payment: Int) -> Row {
        let lateness = scene.market.noise.bits(contract.key ^ 5, payment) % UInt64(Self.jitter)
        return Row(contract: contract, payment: payment, time: payment + Int(lateness))
    }

    /// The row of a payment and, for a share now and then, that of a dividend at the same time.
    private func rows(_ contract: SimulatedContract, _ payment: Int, in range: ClosedRange<Int>) -> [Row] {
        let row = row(contract, payment)
        guard range.contains(row.time) else { return [] }
        guard contract.asset.kind == .stock, scene.market.noise.bits(contract.key ^ 6, payment) % 40 == 0 else {
            return [row]
        }
        var special = row
        special.isSpecial = true
        return [row, special]
    }

    private func earliest(_ contracts: [SimulatedContract], in range: ClosedRange<Int>, _ limit: Int) -> [Row] {
        let payments = range.lowerBound - Self.jitter...range.upperBound
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
