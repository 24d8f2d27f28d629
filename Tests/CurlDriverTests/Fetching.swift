import Glibc
import Testing

@testable import CurlDriver

/// Lends a fetcher and closes it. The proxies of the machine's environment are left out.
func withFetcher<Result>(
    connectionsPerHost: Int = 4, maximumInFlight: Int = 1000, _ body: (HTTPFetcher) async throws -> Result
) async throws -> Result {
    Environment.withoutProxies
    let fetcher = HTTPFetcher(
        userAgent: "driver-tests/1", connectionsPerHost: connectionsPerHost, maximumInFlight: maximumInFlight)
    do {
        let result = try await body(fetcher)
        await fetcher.close()
        return result
    } catch {
        await fetcher.close()
        throw error
    }
}

extension HTTPFetcher {
    /// The error a request is expected to end with.
    func failure(of request: HTTPRequest, _ location: SourceLocation = #_sourceLocation) async -> HTTPFetchError? {
        do {
            let response = try await fetch(request)
            Issue.record("expected a failure, got status \(response.status)", sourceLocation: location)
            return nil
        } catch {
            return error
        }
    }

    /// Asks for a URL with everything else by default.
    func get(_ url: String) async throws(HTTPFetchError) -> HTTPResponse {
        try await fetch(HTTPRequest(url: url))
    }
}

/// Waits until a condition holds, 20 seconds at most; a cancelled task looks once more and leaves.
func eventually(_ condition: () -> Bool) async -> Bool {
    let deadline = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < deadline {
        if condition() { return true }
        do {
            try await Task.sleep(for: .milliseconds(5))
        } catch {
            break
        }
    }
    return condition()
}

enum Environment {
    /// Touched before the first fetcher is made, when nothing else reads the environment.
    static let withoutProxies: Void = {
        for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] { unsetenv(name) }
    }()
}

/// What this process holds, by its own account in /proc.
enum ProcessUse {
    static var descriptors: Int { entries(of: "/proc/self/fd").count }

    /// Threads of this name.
    static func threads(named name: String) -> Int {
        entries(of: "/proc/self/task").filter { firstLine(of: "/proc/self/task/\($0)/comm") == name }.count
    }

    /// The most memory ever resident, in bytes.
    static var peakMemory: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }

    private static func entries(of folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    private static func firstLine(of path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 64)
        guard fgets(&buffer, 64, file) != nil else { return nil }
        let bytes = buffer.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
