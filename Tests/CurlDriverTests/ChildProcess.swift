import Glibc
import Testing

/// A program started by a test.
enum ChildProcess {
    /// Starts a program with nothing to read, nowhere to write, and no signal blocked or ignored.
    static func spawn(_ arguments: [String]) throws -> pid_t {
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        for descriptor in 0...2 as ClosedRange<Int32> {
            posix_spawn_file_actions_addopen(&files, descriptor, "/dev/null", O_RDWR, 0)
        }
        // A socket of another test, held open by a child, would never seem closed to its peer.
        for descriptor in 3..<1024 as Range<Int32> { posix_spawn_file_actions_addclose(&files, descriptor) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process = pid_t()
        let failure = posix_spawn(&process, arguments[0], &files, &attributes, &words, environ)
        try #require(failure == 0, "\(arguments[0]) did not start: error \(failure)")
        return process
    }
}
