import Foundation

/// Tidies up behind a test process that did not come to do it itself: a shell that waits for the end of this process,
/// then kills what it started and removes its folder, unless `KEEP` is set.
final class Janitor: Sendable {
    static let shared = Janitor()

    /// Holds everything the tests write. Postgres' own user must be able to enter it.
    let folder: URL
    private let pids: Int32

    private init() {
        folder = URL(filePath: "/tmp/funding-system-\(getpid())")
        mkdir(folder.path, 0o755)
        chmod(folder.path, 0o755)
        pids = open(folder.appending(path: "pids").path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        var ends: [Int32] = [0, 0]
        // The writing end stays open as long as this process lives, and in no other.
        precondition(pids >= 0 && pipe(&ends) == 0, "no folder or no pipe for the tests: \(errno)")
        let script = """
            read -r line
            while read -r pid start; do
                [ "$(cut -d' ' -f22 "/proc/$pid/stat" 2>/dev/null)" != "$start" ] || kill -9 "$pid"
            done < "$0/pids"
            sleep 0.5
            [ -n "$KEEP" ] || rm -rf "$0"
            """
        let keep = ProcessInfo.processInfo.environment["KEEP"] ?? ""
        do {
            _ = try spawn(
                ["/bin/sh", "-c", script, folder.path], environment: ["PATH": "/usr/bin:/bin", "KEEP": keep], in: "/",
                input: ends[0], output: "/dev/null", errors: "/dev/null"
            )
        } catch {
            preconditionFailure("no janitor for the tests: \(error)")
        }
        close(ends[0])
    }

    /// Remembers a process, together with its start time: a number may be another process's by then.
    func note(_ pid: pid_t) {
        do {
            let stat = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
            let startedAt = stat.split(separator: " ")[21]
            let line = Array("\(pid) \(startedAt)\n".utf8)
            _ = line.withUnsafeBytes { write(pids, $0.baseAddress, $0.count) }
        } catch {
            // It is gone already: nothing to tidy up.
            return
        }
    }
}
