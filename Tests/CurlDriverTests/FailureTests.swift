import Testing

@testable import CurlDriver

/// Answers that do not come, or come broken, each by its own name.
@Suite struct FailureTests {
    struct Broken: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var answer: [UInt8]
        var kind: HTTPFetchError.Kind
    }

    static let ok = "HTTP/1.1 200 OK\r\n"

    static let brokenAnswers = [
        Broken(
            testDescription: "less than its Content-Length", answer: Array("\(ok)Content-Length: 10\r\n\r\nabc".utf8),
            kind: .truncated),
        Broken(
            testDescription: "a chunk cut short", answer: Array("\(ok)Transfer-Encoding: chunked\r\n\r\n9\r\nabc".utf8),
            kind: .truncated),
        Broken(
            testDescription: "no last chunk", answer: Array("\(ok)Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n".utf8),
            kind: .truncated),
        Broken(
            testDescription: "no chunk size", answer: Array("\(ok)Transfer-Encoding: chunked\r\n\r\nzz\r\nabc".utf8),
            kind: .truncated),
        Broken(testDescription: "nothing at all", answer: [], kind: .truncated),
        Broken(testDescription: "half a status line", answer: Array("HTTP/1.".utf8), kind: .truncated),
        Broken(testDescription: "not HTTP", answer: Array("SSH-2.0-OpenSSH\r\n".utf8), kind: .other(code: 1)),
        Broken(
            testDescription: "not gzip", answer: CurlDriverTests.answer("plain", headers: ["Content-Encoding: gzip"]),
            kind: .badEncoding),
        Broken(
            testDescription: "gzip with a wrong checksum", answer: damagedGzip(), kind: .badEncoding),
        Broken(
            testDescription: "an unknown encoding",
            answer: CurlDriverTests.answer("x", headers: ["Content-Encoding: rot13"]), kind: .badEncoding),
    ]

    private static func damagedGzip() -> [UInt8] {
        var bytes = Gzip.stored(Array("some text to be told".utf8))
        bytes[bytes.count - 6] ^= 1
        return CurlDriverTests.answer(bytes, headers: ["Content-Encoding: gzip"])
    }

    @Test(arguments: brokenAnswers)
    func aBrokenAnswerIsNeverAnAnswer(broken: Broken) async throws {
        let server = try ScriptedServer { connection in
            _ = connection.request()
            connection.send(broken.answer)
        }
        let error = try await withFetcher { await $0.failure(of: HTTPRequest(url: server.url())) }
        #expect(error?.kind == broken.kind, "\(error?.message ?? "")")
    }

    @Test func aResetInTheBodyIsTruncation() async throws {
        let server = try ScriptedServer { connection in
            _ = connection.request()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            connection.resetOnClose()
        }
        let error = try await withFetcher { await $0.failure(of: HTTPRequest(url: server.url())) }
        #expect(error?.kind == .truncated)
        #expect(error?.isTransient == true)
    }

    @Test func aRefusedPortIsUnreachable() async throws {
        let port = try Loopback.freePort()
        let error = try await withFetcher {
            await $0.failure(of: HTTPRequest(url: "http://127.0.0.1:\(port)/rates?key=secret"))
        }
        #expect(error?.kind == .unreachable)
        #expect(error?.isTransient == true)
        #expect(error?.message.hasPrefix("GET http://127.0.0.1:\(port)/rates: ") == true)
        #expect(error?.description.contains("secret") == false)
    }

    @Test func aNameWithoutAddressIsUnresolved() async throws {
        let error = try await withFetcher { await $0.failure(of: HTTPRequest(url: "http://nonexistent.invalid/")) }
        #expect(error?.kind == .unresolved)
        #expect(error?.isTransient == true)
    }

    /// A handle that never connected refuses options when it is used again.
    @Test func oneFailureDoesNotSpoilTheNextRequest() async throws {
        let kinds = try await withFetcher { fetcher in
            var kinds: [HTTPFetchError.Kind?] = []
            for _ in 0..<4 {
                kinds.append(await fetcher.failure(of: HTTPRequest(url: "http://nonexistent.invalid/"))?.kind)
            }
            return kinds
        }
        #expect(kinds == [.unresolved, .unresolved, .unresolved, .unresolved])
    }

    @Test(arguments: [
        "", "no-scheme", "ftp://example.com/", "file:///etc/passwd", "http://", "http://exa mple.com/",
        "http://example.com:99999/", "http://127.0.0.1/\u{0}",
    ])
    func aBadURLIsRefused(url: String) async throws {
        let error = try await withFetcher { await $0.failure(of: HTTPRequest(url: url)) }
        #expect(error?.kind == .invalidURL)
        #expect(error?.isTransient == false)
    }

    @Test func anUnreadableURLShowsNoSecrets() async throws {
        let url = "http://user:password@exa mple.com/path?key=secret"
        let error = try await withFetcher { await $0.failure(of: HTTPRequest(url: url)) }
        #expect(error?.kind == .invalidURL)
        #expect(error?.message.contains("secret") == false)
        #expect(error?.message.contains("password") == false)
    }

    @Test(arguments: [("X-A", "1\r\nX-B: 2"), ("X-A: 1\r\nX-B", "2"), ("", "1"), ("X A", "1"), ("X-A", "\u{0}")])
    func aHeaderThatBreaksOutIsRefused(name: String, value: String) async throws {
        let server = try ScriptedServer { $0.answerAll { _ in answer("ok") } }
        let request = HTTPRequest(url: server.url(), headers: [(name, value)])
        let error = try await withFetcher { await $0.failure(of: request) }
        #expect(error?.kind == .other(code: 43))
        #expect(server.accepted == 0)
    }
}
