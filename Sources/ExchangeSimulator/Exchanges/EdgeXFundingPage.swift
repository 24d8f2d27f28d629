import FundingJSON

/// edgeX's `getFundingRatePage`: newest first, up to a hundred rows, the begin inclusive, the end exclusive; one row a
/// minute unless only settlements are wanted. The offset of the page that follows is not to be read, and empty at the end.
struct EdgeXFundingPage {
    private let request: SimulatedRequest
    private let scene: Scene

    init(_ request: SimulatedRequest, _ scene: Scene) {
        self.request = request
        self.scene = scene
    }

    func answer() -> SimulatedAnswer {
        let id = request.query["contractId"]
        guard let contract = id.flatMap({ SimulatedEdgeX.contract($0, scene) }) else {
            return SimulatedEdgeX.unknown(id, at: scene.now)
        }
        let size = max(1, min(request.integer("size") ?? 10, 100))
        let begin = max(request.integer("filterBeginTimeInclusive") ?? 0, contract.schedule.listedAt + 1)
        var end = min(request.integer("filterEndTimeExclusive") ?? .max, scene.now + 1)
        if let offset = request.query["offsetData"], !offset.isEmpty {
            guard let last = Int(offset, radix: 16) else {
                return SimulatedEdgeX.failure("INVALID_OFFSET_DATA", "invalid offsetData:\(offset)", at: scene.now)
            }
            end = min(end, last.sane)
        }
        let times = begin < end ? times(of: contract, from: begin, upTo: end - 1, limit: size + 1) : []
        let page = times.prefix(size)
        return SimulatedEdgeX.success(at: scene.now, reservingCapacity: 800 * page.count + 512) { json in
            json.beginObject()
            json.key("dataList")
            json.beginArray()
            for time in page { EdgeXFundingRow(contract, scene).write(sampledAt: time, to: &json) }
            json.endArray()
            let next = times.count > size ? page.last.map { String($0, radix: 16, uppercase: true) } : nil
            json.field("nextPageOffsetData", next ?? "")
            json.endObject()
        }
    }

    /// Newest first.
    private func times(of contract: SimulatedContract, from begin: Int, upTo end: Int, limit: Int) -> [Int] {
        if request.query["filterSettlementFundingRate"] == "true" {
            return contract.schedule.payments(in: begin...end, limit: limit, newest: true).reversed()
        }
        let newest = end.floored(to: .millisecondsOfMinute)
        return stride(from: newest, through: begin, by: -.millisecondsOfMinute).prefix(limit).map(\.self)
    }
}
