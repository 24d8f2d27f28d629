import FundingJSON
import WebServer

extension WebResponse {
    /// An answer of this moment, which must not be used again: a JSON object.
    static func now(status: Int = 200, _ members: (inout JSONWriter) -> Void) -> WebResponse {
        var writer = JSONWriter(reservingCapacity: 1024)
        writer.beginObject()
        members(&writer)
        writer.endObject()
        var response = WebResponse.json(writer.bytes, status: status)
        response.setHeader("Cache-Control", "no-store")
        return response
    }
}
