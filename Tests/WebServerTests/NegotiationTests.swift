import Testing
import WebServer

@Suite struct NegotiationTests {
    private static let bytes = Array((0..<400).map { "{\"row\":\($0),\"text\":\"₿\"}" }.joined(separator: ",").utf8)
    private static let body = PreparedBody(bytes, contentType: "application/json", maxAge: 30)

    private static func router() -> WebRouter {
        var router = WebRouter()
        router.get("/prepared") { _ in .prepared(body) }
        router.get("/made") { _ in .json(bytes) }
        router.get("/tagged") { _ in
            WebResponse(headers: [("Content-Type", "application/json"), ("ETag", "\"v1\"")], body: .bytes(bytes))
        }
        router.get("/tiny") { _ in .text("tiny") }
        router.get("/image") { _ in .prepared(PreparedBody(bytes, contentType: "image/png")) }
        return router
    }

    @Test(arguments: [
        ("gzip", true), ("gzip, deflate, br", true), ("GZIP;q=0.5", true), ("*", true), ("x-gzip", true),
        ("gzip;q=0", false), ("gzip; q=0.000", false), ("identity", false), ("br", false), ("", false),
        ("*;q=0", false), ("gzip;q=0, *", false), ("identity;q=1, gzip;q=0.5", false),
        ("identity;q=0.5, gzip;q=1.0", true), ("gzip;q=nonsense", false), ("deflate, *;q=0.1", true),
    ])
    func gzipIsSentToThoseWhoLikeIt(accepted: String, isGzip: Bool) async throws {
        try await withServer(Self.router()) { server async throws in
            for path in ["/prepared", "/made"] {
                let reply = try await server.request("GET", path, headers: ["Accept-Encoding: \(accepted)"])
                #expect(reply.status == 200)
                #expect(reply["Content-Encoding"] == (isGzip ? "gzip" : nil))
                #expect(reply["Vary"] == "Accept-Encoding")
                #expect(reply["Content-Type"] == "application/json")
                #expect(try (isGzip ? gunzip(reply.body) : reply.body) == Self.bytes)
                if isGzip { #expect(reply.body.count < Self.bytes.count / 4) }
            }
        }
    }

    @Test func preparedBodiesCarryValidators() async throws {
        try await withServer(Self.router()) { server async throws in
            let plain = try await server.request("GET", "/prepared")
            let packed = try await server.request("GET", "/prepared", headers: ["Accept-Encoding: gzip"])
            #expect(plain["ETag"] == Self.body.etag)
            #expect(packed["ETag"] != plain["ETag"])
            #expect(plain["Cache-Control"] == "max-age=30")
            let head = try await server.request("HEAD", "/prepared", headers: ["Accept-Encoding: gzip"])
            #expect(head["Content-Length"] == packed["Content-Length"])
            #expect(head["ETag"] == packed["ETag"])
        }
    }

    @Test func bodiesAreCompressedOnceSomebodyAsks() async throws {
        let body = PreparedBody(Self.bytes, contentType: "application/json", compression: .onDemand)
        var router = WebRouter()
        router.get("/") { _ in .prepared(body) }
        try await withServer(router) { server async throws in
            let plain = try await server.request("GET", "/")
            #expect(plain.body == Self.bytes && plain["Vary"] == "Accept-Encoding")
            #expect(body.compressedByteCount == nil)
            let packed = try await server.request("GET", "/", headers: ["Accept-Encoding: gzip"])
            #expect(try gunzip(packed.body) == Self.bytes)
            #expect(body.compressedByteCount == packed.body.count)
        }
        #expect(Self.body.compressedByteCount != nil, "others are compressed as they are made")
    }

    @Test(arguments: [
        ("TAG", true), ("W/TAG", true), ("\"other\", TAG", true), ("\"a,b\" , W/TAG", true), ("*", true),
        ("GZIPTAG", true), ("\"other\"", false), ("TA", false),
    ])
    func knownContentIsNotSentAgain(ifNoneMatch: String, isKnown: Bool) async throws {
        let gzipTag = "\(Self.body.etag.dropLast())-gzip\""
        let sent = ifNoneMatch.replacing("GZIPTAG", with: gzipTag).replacing("TAG", with: Self.body.etag)
        try await withServer(Self.router()) { server async throws in
            for method in ["GET", "HEAD"] {
                let reply = try await server.request(method, "/prepared", headers: ["If-None-Match: \(sent)"])
                #expect(reply.status == (isKnown ? 304 : 200))
                if isKnown {
                    #expect(reply.body.isEmpty)
                    #expect(reply["ETag"] == Self.body.etag)
                    #expect(reply["Cache-Control"] == "max-age=30")
                    #expect(reply["Vary"] == "Accept-Encoding")
                    #expect(reply["Content-Length"] == nil)
                }
            }
        }
    }

    @Test func bodiesMadePerRequestHonourTheirTags() async throws {
        try await withServer(Self.router()) { server async throws in
            let packed = try await server.request("GET", "/tagged", headers: ["Accept-Encoding: gzip"])
            #expect(packed["ETag"] == "W/\"v1\"")
            let again = try await server.request("GET", "/tagged", headers: ["If-None-Match: W/\"v1\""])
            #expect(again.status == 304)
        }
    }

    @Test func whatDoesNotShrinkIsLeftAlone() async throws {
        try await withServer(Self.router()) { server async throws in
            for path in ["/tiny", "/image"] {
                let reply = try await server.request("GET", path, headers: ["Accept-Encoding: gzip"])
                #expect(reply["Content-Encoding"] == nil)
                #expect(reply["Vary"] == nil)
            }
        }
    }

    @Test func tagsDifferWhenBytesDo() {
        let one = PreparedBody([1, 2, 3], contentType: "text/plain")
        let same = PreparedBody([1, 2, 3], contentType: "text/plain")
        let other = PreparedBody([1, 2, 4], contentType: "text/plain")
        #expect(one.etag == same.etag)
        #expect(one.etag != other.etag)
        #expect(PreparedBody([], contentType: "text/plain", etag: "v7").etag == "\"v7\"")
    }
}
