import FundingJSON

/// The envelope around everything that Deribit says.
struct DeribitReply {
    /// What a JSON-RPC call was numbered with.
    var id: Int?
    var now: Int

    func result(reservingCapacity capacity: Int = 1024, _ write: (inout JSONWriter) -> Void) -> SimulatedAnswer {
        envelope(200, reservingCapacity: capacity) { json in
            json.key("result")
            write(&json)
        }
    }

    func error(_ status: Int, _ code: Int, _ message: String, wait: Int? = nil) -> SimulatedAnswer {
        envelope(status, reservingCapacity: 256) { json in
            json.key("error")
            json.beginObject()
            json.field("code", code)
            json.field("message", message)
            if let wait {
                json.key("data")
                json.raw(#"{"wait":\#(wait)}"#)
            }
            json.endObject()
        }
    }

    private func envelope(
        _ status: Int, reservingCapacity capacity: Int, _ write: (inout JSONWriter) -> Void
    ) -> SimulatedAnswer {
        .written(status: status, reservingCapacity: capacity) { json in
            json.beginObject()
            json.field("jsonrpc", "2.0")
            if let id { json.field("id", id) }
            write(&json)
            json.field("usIn", now * 1000)
            json.field("usOut", now * 1000 + 151)
            json.field("usDiff", 151)
            json.field("testnet", false)
            json.endObject()
        }
    }
}
