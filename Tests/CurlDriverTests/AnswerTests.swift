import Testing

@testable import CurlDriver

/// What is sent and what is read of the answer.
@Suite struct AnswerTests {
    @Test func anErrorStatusIsAnAnswer() async throws {
        let server = try ScriptedServer { $0.answerAll { _ in answer("slow down", status: "429 Too Many Requests") } }
        let response = try await withFetcher { try await $0.get(server.url()) }
        #expect(response.status == 429)
        #expect(response.body == Array("slow down".utf8))
    }

    @Test func headersAreReadWithoutRegardToCase() async throws {
        let server = try ScriptedServer { connection in
            let headers = [
                "Retry-After:  17 ", "Set-Cookie: a=1", "set-cookie: b=2", "X-Empty:", "X-Folded: one\r\n two",
            ]
            connection.answerAll { _ in answer("", headers: headers) }
        }
        let headers = try await withFetcher { try await $0.get(server.url()) }.headers
        #expect(headers["retry-after"] == "17")
        #expect(headers.all("SET-COOKIE") == ["a=1", "b=2"])
        #expect(headers["x-empty"] == "")
        #expect(headers["x-folded"] == "one two")
        #expect(headers["x-missing"] == nil)
        #expect(headers.all().map(\.name).contains("Retry-After"))
    }

    @Test func interimAnswersLeaveNoTrace() async throws {
        let server = try ScriptedServer { connection in
            connection.answerAll { _ in
                Array("HTTP/1.1 103 Early Hints\r\nX-Interim: 1\r\n\r\n".utf8) + answer("done")
            }
        }
        let response = try await withFetcher { try await $0.get(server.url()) }
        #expect(response.status == 200)
        #expect(response.headers["x-interim"] == nil)
        #expect(response.body == Array("done".utf8))
    }

    @Test func aPostedBodyArrivesExactly() async throws {
        let received = Locked<ReceivedRequest?>(nil)
        let server = try ScriptedServer { connection in
            connection.answerAll { request in
                received.withLock { $0 = request }
                return answer("ok")
            }
        }
        let body = Array(repeating: Array(0...UInt8.max), count: 8000).flatMap { $0 }
        let request = HTTPRequest(
            method: .post, url: server.url("/info?x=1"),
            headers: [("Content-Type", "application/json"), ("X-Key", "")],
            body: body)
        _ = try await withFetcher { try await $0.fetch(request) }
        let seen = try #require(received.withLock { $0 })
        #expect(seen.line == "POST /info?x=1 HTTP/1.1")
        #expect(seen.body == body)
        #expect(seen.header("content-type") == "application/json")
        #expect(seen.header("x-key") == "")
        #expect(seen.header("expect") == nil)
        #expect(seen.header("user-agent") == "driver-tests/1")
        #expect(seen.header("accept-encoding")?.contains("gzip") == true)
    }

    @Test(arguments: HTTPRequest.Method.allCases)
    func everyMethodIsSentAsNamed(method: HTTPRequest.Method) async throws {
        let server = try ScriptedServer { connection in
            connection.answerAll { request in
                let isHead = request.line.hasPrefix("HEAD")
                let whole = answer("\(request.line)|\(request.body.count)|\(request.header("content-type") ?? "none")")
                return isHead ? Array("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n".utf8) : whole
            }
        }
        for body in [nil, [], Array("{}".utf8)] as [[UInt8]?] {
            let request = HTTPRequest(method: method, url: server.url(), body: body)
            let response = try await withFetcher { try await $0.fetch(request) }
            let expected = "\(method.rawValue) / HTTP/1.1|\(body?.count ?? 0)|none"
            #expect(String(decoding: response.body, as: UTF8.self) == (method == .head ? "" : expected))
        }
    }

    @Test func aRedirectIsAnAnswerUnlessFollowed() async throws {
        let server = try ScriptedServer { connection in
            connection.answerAll { request in
                request.line.contains("/new")
                    ? answer("there") : answer("gone", status: "302 Found", headers: ["Location: /new", "X-Old: 1"])
            }
        }
        try await withFetcher { fetcher in
            let plain = try await fetcher.get(server.url("/old"))
            #expect(plain.status == 302)
            #expect(plain.headers["location"] == "/new")
            let followed = try await fetcher.fetch(HTTPRequest(url: server.url("/old"), followsRedirects: true))
            #expect(followed.status == 200)
            #expect(followed.body == Array("there".utf8))
            #expect(followed.headers["x-old"] == nil)
        }
    }

    @Test func aRedirectToAFileIsNotFollowed() async throws {
        let server = try ScriptedServer { connection in
            connection.answerAll { _ in answer("", status: "302 Found", headers: ["Location: file:///etc/hostname"]) }
        }
        let request = HTTPRequest(url: server.url(), followsRedirects: true)
        let error = try await withFetcher { await $0.failure(of: request) }
        #expect(error?.kind == .other(code: 1))
    }

    @Test func aGzipBodyIsDecoded() async throws {
        let text = Array(String(repeating: #"{"symbol":"BTCUSDT"},"#, count: 500).utf8)
        let zipped = Gzip.stored(text)
        let server = try ScriptedServer { connection in
            connection.answerAll { _ in answer(zipped, headers: ["Content-Encoding: gzip"]) }
        }
        let response = try await withFetcher { try await $0.get(server.url()) }
        #expect(response.body == text)
        #expect(response.wireBytes > zipped.count)
        #expect(response.timing.total >= response.timing.firstByte)
        #expect(response.timing.firstByte > .zero)
    }

    @Test func aChunkedBodyIsJoined() async throws {
        let server = try ScriptedServer { connection in
            connection.answerAll { _ in
                Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n".utf8)
            }
        }
        let response = try await withFetcher { try await $0.get(server.url()) }
        #expect(response.body == Array("abcdefg".utf8))
    }
}
