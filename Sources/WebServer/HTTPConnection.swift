import Logging
import NIOCore
import NIOHTTP1

/// One connection's requests, answered one after the other.
struct HTTPConnection {
    typealias Inbound = NIOAsyncChannelInboundStream<HTTPServerRequestPart>
    typealias Outbound = NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>

    let server: HTTPConnections
    let channel: any Channel
    let outbound: Outbound
    let peer: String

    /// What becomes of the connection after a request.
    enum Continuation {
        case next
        case close
        case upgraded(OpenWebSocket)
    }

    /// Serves requests until the client goes, errs, is asked to go, or asks for a WebSocket.
    /// - Returns: the WebSocket that the connection has become and that has yet to be served.
    func serve(_ inbound: Inbound) async throws -> OpenWebSocket? {
        var parts = inbound.makeAsyncIterator()
        do {
            serving: while let part = try await parts.next() {
                guard case .head(let head) = part else { continue }
                switch try await answer(head, &parts) {
                case .next: continue
                case .close: break serving
                case .upgraded(let socket): return socket
                }
            }
            outbound.finish()
            // Reading on until the client closes keeps the kernel from cutting off an answer that is on its way.
            while try await parts.next() != nil {}
        } catch let error as HTTPParserError {
            let isHead = error == .headerOverflow
            try await refuse(isHead ? .headTooLarge : .badRequest("The request is not valid HTTP"))
            outbound.finish()
        }
        try await channel.closeFuture.get()
        return nil
    }

    private func answer(_ head: HTTPRequestHead, _ parts: inout Inbound.AsyncIterator) async throws -> Continuation {
        let collected = try await RequestBodyCollector(limit: server.configuration.maximumBodyBytes)
            .collect(head, &parts, outbound)
        guard let collected else { return .close }
        let start = ContinuousClock.now
        let id = RequestID.accepting(head.headers.first(name: "X-Request-ID"))
        // After an upgrade request the parser stops, accepted or not: what follows may be another protocol.
        let asksForUpgrade = head.headers.contains(name: "Upgrade")
        var isKept = head.isKeepAlive && !asksForUpgrade
        let request: WebRequest
        var response: WebResponse
        var route: String?
        do {
            guard head.version == .http1_0 || head.headers.contains(name: "Host") else {
                isKept = false
                throw WebError.badRequest("The Host field is missing")
            }
            request = try makeRequest(head, collected, id)
            if let serve = try await upgrade(of: request) {
                let upgrade = WebSocketUpgrade(
                    server: server, channel: channel, request: request, head: head, serve: serve)
                return .upgraded(try await upgrade.grant())
            }
            (response, route) = await server.router.respondNamingRoute(to: request)
        } catch let error as WebError {
            let stand = placeholder(head, id)
            response = server.router.refusal(error, of: stand)
            if case .longerThan = collected { isKept = false }
            return try await send(response, to: stand, route: nil, head.version, isKept: isKept, since: start)
        }
        if !HeaderSafety.isSafe(response.headers) {
            response = server.router.refusal(UnsafeHeader(), of: request)
        }
        if case .longerThan = collected { isKept = false }
        return try await send(response, to: request, route: route, head.version, isKept: isKept, since: start)
    }

    /// Who serves the client as a WebSocket; nil for what is answered as a request. Elsewhere than on the WebSocket's own
    /// path only those who ask for it are upgraded.
    private func upgrade(of request: WebRequest) async throws -> WebServer.WebSocketHandler? {
        let allows = server.configuration.allowedOrigins
        if let path = server.configuration.webSocketPath, let serve = server.webSocket, request.rawPath == path {
            try WebSocketUpgrade.check(request, allowing: allows)
            try server.configuration.admitsWebSocket(request)
            return serve
        }
        guard let route = server.webSocketRoute, request.header("Upgrade")?.lowercased() == "websocket" else {
            return nil
        }
        try WebSocketUpgrade.check(request, allowing: allows)
        try server.configuration.admitsWebSocket(request)
        return try await route(request)
    }

    private func makeRequest(
        _ head: HTTPRequestHead, _ payload: WebRequest.Payload, _ id: String
    ) throws(WebError) -> WebRequest {
        var request = try WebRequest(
            method: head.method.rawValue, target: head.uri, fields: head.headers, peer: peer,
            trustsForwarding: server.configuration.trustedProxies.contains(peer), requestID: id
        )
        request.payload = payload
        return request
    }

    /// Stands for a request that could not be read, so that its refusal has the usual shape.
    private func placeholder(_ head: HTTPRequestHead?, _ id: String) -> WebRequest {
        WebRequest(unreadable: head?.method.rawValue ?? "GET", fields: head?.headers ?? [:], peer: peer, requestID: id)
    }

    private func refuse(_ error: WebError) async throws {
        let stand = placeholder(nil, RequestID.accepting(nil))
        let response = server.router.refusal(error, of: stand)
        _ = try await send(response, to: stand, route: nil, .http1_1, isKept: false, since: .now)
    }

    private func send(
        _ response: WebResponse, to request: WebRequest, route: String?, _ version: HTTPVersion, isKept: Bool,
        since start: ContinuousClock.Instant
    ) async throws -> Continuation {
        let framesStreams = version != .http1_0
        var isKept = isKept
        let isStream =
            switch response.body {
            case .stream, .download: true
            case .none, .bytes, .prepared, .disconnect: false
            }
        if isStream, !framesStreams { isKept = false }
        let circumstances = ResponseAssembly.Circumstances(
            version: framesStreams ? .http1_1 : .http1_0, keepsAlive: isKept
        )
        let outgoing = server.assembly.assemble(response, to: request, circumstances)
        let delivery = await ResponseSender(outbound: outbound).send(outgoing)
        var summary = RequestSummary(
            method: request.method, routePattern: route, status: Int(outgoing.head.status.code),
            duration: start.duration(to: .now), isStream: isStream, bytes: delivery.bytes, requestID: request.requestID
        )
        if let failure = response.failure, summary.status >= 500 {
            // What is away for all is told of where that is noticed, not at every request.
            tell("request failed", at: summary.status == Self.unavailable ? .debug : .error, failure, summary)
        }
        if case .cutShort(let error) = delivery.end {
            summary.isCutShort = true
            tell("answer cut short", at: .warning, error, summary)
        }
        server.configuration.onRequestFinished?(summary)
        switch delivery.end {
        case .whole: return isKept ? .next : .close
        case .abandoned(let error), .cutShort(let error): throw error
        }
    }

    private static let unavailable = 503

    private func tell(
        _ message: Logger.Message, at level: Logger.Level, _ error: any Error, _ request: RequestSummary
    ) {
        server.logger.log(
            level: level, message,
            metadata: [
                "request_id": "\(request.requestID)", "route": "\(request.routePattern ?? "-")",
                "status": "\(request.status)", "error": "\(String(describing: error).prefix(500))",
            ]
        )
    }
}

/// A handler put control characters into a header field.
struct UnsafeHeader: Error {}
