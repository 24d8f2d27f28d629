import Foundation

/// A local webhook receiver, run by the interpreter of `FUNDING_TEST_PYTHON`: answers one request after the other as its
/// script says and writes down what it got.
///
/// A step of the script is a status with headers, `429:Retry-After=1`, or `hang`: no answer for a minute. The last step
/// stays in force.
public final class WebhookReceiver: Sendable {
    private static let interpreter = ProcessInfo.processInfo.environment["FUNDING_TEST_PYTHON"]

    /// Without an interpreter, tests that need one are skipped, except where they must not be.
    public static var isAvailable: Bool { interpreter != nil || TemporaryDatabase.isRequired }

    public let url: String
    private let process: Process
    private let folder: URL

    public init(_ script: [String]) async throws {
        guard let interpreter = Self.interpreter else { throw TestSupportError("FUNDING_TEST_PYTHON is not set") }
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("webhook-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        process = Process()
        process.executableURL = URL(fileURLWithPath: interpreter)
        process.arguments = ["-c", Self.program, folder.path] + script
        try process.run()
        let port = folder.appendingPathComponent("port")
        try await eventually { FileManager.default.fileExists(atPath: port.path) }
        url = "http://127.0.0.1:\(try String(contentsOf: port, encoding: .utf8))"
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
        try? FileManager.default.removeItem(at: folder)
    }

    /// What it got so far: JSON objects with `path`, `headers` (lower case) and `body`.
    public func requests() throws -> [String] {
        let file = folder.appendingPathComponent("requests")
        guard FileManager.default.fileExists(atPath: file.path) else { return [] }
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    private static let program = """
        import http.server, json, os, sys, threading, time
        folder, steps, lock = sys.argv[1], sys.argv[2:], threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
                with lock:
                    step = steps.pop(0) if len(steps) > 1 else steps[0]
                    with open(folder + "/requests", "a") as log:
                        log.write(json.dumps({"path": self.path, "body": body,
                            "headers": {k.lower(): v for k, v in self.headers.items()}}) + "\\n")
                if step == "hang":
                    time.sleep(60)
                    return
                status, _, headers = step.partition(":")
                self.send_response(int(status))
                for header in filter(None, headers.split(",")):
                    self.send_header(*header.split("=", 1))
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")
            def log_message(self, *arguments):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        with open(folder + "/draft", "w") as draft:
            draft.write(str(server.server_address[1]))
        os.rename(folder + "/draft", folder + "/port")
        server.serve_forever()
        """
}
