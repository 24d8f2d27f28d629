import Glibc
import Testing

@testable import CurlDriver

/// Certificates are verified, and against the authorities the environment names.
@Suite(.enabled(if: OpenSSLServer.isAvailable, "the openssl program is not installed"))
struct TLSTests {
    @Test func aSelfSignedCertificateIsRefused() async throws {
        let server = try OpenSSLServer(name: "IP:127.0.0.1")
        let error = try await withFetcher { await $0.failure(of: HTTPRequest(url: server.url)) }
        #expect(error?.kind == .tls)
        #expect(error?.isTransient == false)
    }

    @Test func theEnvironmentsAuthoritiesAreTrusted() async throws {
        await #expect(processExitsWith: .success) {
            let server = try OpenSSLServer(name: "IP:127.0.0.1")
            setenv("SSL_CERT_FILE", server.certificate, 1)
            let response = try await withFetcher { try await $0.get(server.url) }
            #expect(response.status == 200)
        }
    }

    @Test func aTrustedCertificateOfAnotherHostIsRefused() async throws {
        await #expect(processExitsWith: .success) {
            let server = try OpenSSLServer(name: "DNS:other.example")
            setenv("SSL_CERT_FILE", server.certificate, 1)
            let error = try await withFetcher { await $0.failure(of: HTTPRequest(url: server.url)) }
            #expect(error?.kind == .tls)
            #expect(error?.isTransient == false)
        }
    }

    @Test func anExpiredCertificateIsRefusedAlthoughItsAuthorityIsTrusted() async throws {
        await #expect(processExitsWith: .success) {
            let server = try OpenSSLServer(name: "IP:127.0.0.1", isExpired: true)
            setenv("SSL_CERT_FILE", server.certificate, 1)
            let error = try await withFetcher { await $0.failure(of: HTTPRequest(url: server.url)) }
            #expect(error?.kind == .tls)
            #expect(error?.isTransient == false)
            #expect(error?.message.contains("expired") == true)
        }
    }

    @Test(arguments: [("IP:127.0.0.1", false), ("IP:127.0.0.1", true), ("DNS:other.example", false)])
    func aWebSocketIsRefusedTheSameWay(name: String, isExpired: Bool) async throws {
        let server = try OpenSSLServer(name: name, isExpired: isExpired)
        let url = "wss" + server.url.dropFirst("https".count)
        let error = try await withFetcher { await $0.failure(ofOpening: WebSocketRequest(url: url)) }
        #expect(error?.kind == .tls)
        #expect(error?.isTransient == false)
    }

    @Test func aWebSocketToTheWrongHostIsRefusedAlthoughItsAuthorityIsTrusted() async throws {
        await #expect(processExitsWith: .success) {
            let server = try OpenSSLServer(name: "DNS:other.example")
            setenv("SSL_CERT_FILE", server.certificate, 1)
            let url = "wss" + server.url.dropFirst("https".count)
            let error = try await withFetcher { await $0.failure(ofOpening: WebSocketRequest(url: url)) }
            #expect(error?.kind == .tls)
            #expect(error?.isTransient == false)
        }
    }

    @Test func aWebSocketServerWithoutTLSFailsAsTLS() async throws {
        let server = try ScriptedServer { connection in
            connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            connection.waitForHangUp()
        }
        let request = WebSocketRequest(url: "wss://127.0.0.1:\(server.port)/")
        let error = try await withFetcher { await $0.failure(ofOpening: request) }
        #expect(error?.kind == .tls)
    }

    @Test func aServerWithoutTLSFailsAsTLS() async throws {
        let server = try ScriptedServer { connection in
            connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            connection.waitForHangUp()
        }
        let request = HTTPRequest(url: "https://127.0.0.1:\(server.port)/")
        let error = try await withFetcher { await $0.failure(of: request) }
        #expect(error?.kind == .tls)
    }
}
