import Glibc
import Testing

/// A WebSocket server that is not ours: PyPI's `websockets`, run by the interpreter of `FUNDING_TEST_PYTHON`.
///
/// The path says what it does: `/echo` sends back what it gets, `/flood?N` sends N numbered messages and closes with
/// 1001, `/fragments` sends one message in pieces with pings between, `/silent` waits, `/forbidden` answers 403.
final class PythonPeer {
    static let interpreter = variable("FUNDING_TEST_PYTHON")
    static let isWanted = interpreter != nil || variable("CI") != nil || variable("FUNDING_TEST_REQUIRED") == "1"

    let port: UInt16
    private let process: pid_t

    /// - Parameter identity: the files of a certificate and its key, for TLS.
    init(identity: (certificate: String, key: String)? = nil) throws {
        let interpreter = try #require(Self.interpreter, "FUNDING_TEST_PYTHON names no Python with websockets")
        port = try Loopback.freePort()
        var arguments = [interpreter, "-c", Self.script, "\(port)"]
        if let identity { arguments += [identity.certificate, identity.key] }
        process = try ChildProcess.spawn(arguments)
        let deadline = ContinuousClock.now + .seconds(20)
        while !Loopback.isListening(at: port) {
            try #require(ContinuousClock.now < deadline, "Python's server did not come up; is websockets installed?")
            usleep(20_000)
        }
    }

    deinit {
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
    }

    private static func variable(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }

    private static let script = """
        import asyncio, http, ssl, sys
        from websockets.asyncio.server import serve

        async def handle(socket):
            path, _, argument = socket.request.path.partition("?")
            if path == "/echo":
                async for message in socket:
                    await socket.send(message)
            elif path == "/flood":
                for number in range(int(argument)):
                    await socket.send('{"symbol":"BTCUSDT","rate":"0.0001","number":%d}' % number)
                await socket.close(1001, "flooded")
            elif path == "/fragments":
                async def pieces():
                    for piece in ("fund", "ing ", "", "r€te"):
                        yield piece
                        await (await socket.ping(piece))
                await socket.send(pieces())
                await socket.wait_closed()
            else:
                await socket.wait_closed()

        async def refuse(socket, request):
            if request.path == "/forbidden":
                return socket.respond(http.HTTPStatus.FORBIDDEN, "not from here")

        async def main():
            context = None
            if len(sys.argv) > 2:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(sys.argv[2], sys.argv[3])
            async with serve(handle, "127.0.0.1", int(sys.argv[1]), ssl=context, process_request=refuse,
                             max_size=None, compression=None if context else "deflate") as server:
                await server.serve_forever()

        asyncio.run(main())
        """
}
