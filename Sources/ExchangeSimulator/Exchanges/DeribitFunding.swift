import FundingJSON

/// How funding accrues on Deribit: at every moment a rate for eight hours, damped to nothing while it is small.
struct DeribitFunding {
    private let scene: Scene

    init(_ scene: Scene) {
        self.scene = scene
    }

    /// Samples are taken in the middle of every ten minutes.
    private static let sample = 10 * Int.millisecondsOfMinute
    private static let eightHours = 8 * Int.millisecondsOfHour
    private static let rowsOfHistory = 744

    /// The rate of the moment, for eight hours: what exceeds ±0.025 %, up to ±0.5 %.
    func current(_ contract: SimulatedContract, at time: Int) -> Double {
        // Premiums move wider than what is paid, or the damper would swallow everything.
        let swing = scene.market.noise.curve(contract.key ^ 7, period: 5 * .millisecondsOfHour, at: time)
        let premium = scene.market.eightHourRate(of: contract, at: time) * 3 + 0.0006 * swing
        let damped = premium > 0 ? max(0, premium - 0.00025) : min(0, premium + 0.00025)
        return max(-0.005, min(0.005, damped)) * scene.distortion.rateFactor
    }

    /// What was paid between two times, as a fraction of the position's value.
    func paid(_ contract: SimulatedContract, from start: Int, to end: Int) -> Double {
        stride(from: start, to: end, by: Self.sample).reduce(0) { sum, time in
            let length = min(Self.sample, end - time)
            return sum + current(contract, at: time + length / 2) * Double(length) / Double(Self.eightHours)
        }
    }

    /// The average of the last eight hours, which is also what they cost.
    func overEightHours(_ contract: SimulatedContract, at time: Int) -> Double {
        paid(contract, from: time - Self.eightHours, to: time)
    }

    /// Hourly, ascending, bounds inclusive, the first 744 rows.
    func history(_ request: SimulatedRequest, _ reply: DeribitReply) -> SimulatedAnswer {
        guard let start = request.integer("start_timestamp"), let end = request.integer("end_timestamp"), start <= end
        else { return reply.error(400, -32602, "Invalid params") }
        guard let contract = scene.contract(request.query["instrument_name"]), contract.kind == .perpetual else {
            return reply.error(400, 13020, "instrument_not_found")
        }
        let range = start...max(start, min(end, scene.now))
        let times = contract.schedule.payments(in: range, limit: Self.rowsOfHistory)
        return reply.result(reservingCapacity: times.count * 180 + 256) { json in
            json.beginArray()
            // The hours before the first row count into its eight.
            var hours: [Double] = []
            if let first = times.first {
                hours = (1..<8).reversed().map { hour in
                    let end = first - hour * .millisecondsOfHour
                    return paid(contract, from: end - .millisecondsOfHour, to: end)
                }
            }
            for time in times {
                hours.append(paid(contract, from: time - .millisecondsOfHour, to: time))
                let digits = contract.priceDigits
                let before = scene.market.indexPrice(of: contract, at: time - .millisecondsOfHour)
                json.beginObject()
                json.field("timestamp", time)
                let index = scene.market.indexPrice(of: contract, at: time)
                json.field("index_price", DecimalText.rounded(index, digits: digits))
                json.field("prev_index_price", DecimalText.rounded(before, digits: digits))
                json.field("interest_8h", rate: hours.suffix(8).reduce(0, +), in: scene)
                json.field("interest_1h", rate: hours[hours.count - 1], in: scene)
                json.endObject()
            }
            json.endArray()
        }
    }

    /// One number: what was paid between two times.
    func value(_ request: SimulatedRequest, _ reply: DeribitReply) -> SimulatedAnswer {
        guard let start = request.integer("start_timestamp"), let end = request.integer("end_timestamp"), start <= end,
            end - start <= 31 * .millisecondsOfDay
        else { return reply.error(400, -32602, "Invalid params") }
        guard let contract = scene.contract(request.query["instrument_name"]) else {
            return reply.error(400, 13020, "instrument_not_found")
        }
        return reply.result { $0.value(paid(contract, from: start, to: min(end, scene.now))) }
    }
}
