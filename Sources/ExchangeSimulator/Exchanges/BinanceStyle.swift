import FundingJSON

/// What Binance's two markets and Aster have in common: how they refuse, and how they push.
protocol BinanceStyle: StreamingExchange {
    var form: BinanceForm { get }

    /// What the paths of sockets begin with: `/market/ws`, `/market/stream`.
    var socketRoot: String { get }

    /// How many channels a socket may have.
    var maximumChannels: Int { get }

    /// The contracts that a channel brings, one list a message; nil if there is no such channel.
    func contracts(on channel: String, in scene: Scene) -> [[SimulatedContract]]?
}

/// The answers that are no data.
enum BinanceReply {
    static func error(_ status: Int, _ code: Int, _ message: String) -> SimulatedAnswer {
        .written(status: status) { json in
            json.beginObject()
            json.field("code", code)
            json.field("msg", message)
            json.endObject()
        }
    }

    static func missing(_ parameter: String) -> SimulatedAnswer {
        error(400, -1102, "Mandatory parameter '\(parameter)' was not sent, was empty/null, or malformed.")
    }

    static func noSuchPath(_ request: SimulatedRequest) -> SimulatedAnswer {
        error(404, -5000, "Path \(request.path), Method \(request.method) is invalid")
    }

    static let noSuchSymbol = error(400, -1121, "Invalid symbol.")

    static let notTrading = error(
        400, -4108, "Symbol is on delivering or delivered or settling or closed or pre-trading."
    )

    static func time(_ scene: Scene) -> SimulatedAnswer {
        .written { json in
            json.beginObject()
            json.field("serverTime", scene.now)
            json.endObject()
        }
    }
}

extension BinanceStyle {
    /// The running rates of one contract or, in a list, of all.
    func premiumIndex(_ request: SimulatedRequest, _ scene: Scene, isListed: Bool) -> SimulatedAnswer {
        var contracts = scene.contracts
        if let symbol = request.query["symbol"] {
            guard let contract = scene.contract(symbol) else { return BinanceReply.noSuchSymbol }
            guard isListed else { return .written { BinanceMark(contract, scene, form).writePremium(to: &$0) } }
            contracts = [contract]
        }
        return .written(reservingCapacity: 300 * contracts.count) { json in
            json.beginArray()
            for contract in contracts { BinanceMark(contract, scene, form).writePremium(to: &json) }
            json.endArray()
        }
    }

    // MARK: - Limits

    func reportUse(_ used: [String: Double], in answer: inout SimulatedAnswer) {
        answer.headers.append(("X-MBX-USED-WEIGHT-1M", "\(Int(used["weight"] ?? 0))"))
    }

    func refusal(_ refusal: LimitRefusal, at now: Int) -> SimulatedAnswer {
        var answer =
            refusal.isBan
            ? BinanceReply.error(
                418, -1003,
                "Way too many requests; IP banned until \(now + refusal.retryAfter * 1000). "
                    + "Please use the websocket for live updates to avoid bans."
            )
            : BinanceReply.error(
                429, -1003,
                "Too many requests; current limit of IP is 2400 requests per minute. "
                    + "Please use the websocket for live updates to avoid polling the API."
            )
        answer.headers.append(("Retry-After", "\(refusal.retryAfter)"))
        return answer
    }

    func errorObject(at now: Int) -> SimulatedAnswer {
        BinanceReply.error(200, -1003, "Too many requests; please use the websocket for live updates.")
    }
}
