import Foundation

/// Starts a program in a process group of its own, with default signals and no open file but the three standard ones.
///
/// - Parameters:
///   - command: the absolute path of the program, and its arguments.
///   - environment: all that it gets.
///   - folder: its working folder.
///   - input: an open file for standard input; nil for none.
///   - output: the path that standard output is appended to, and `errors` the one for standard error.
func spawn(
    _ command: [String], environment: [String: String], in folder: String, input: Int32? = nil, output: String,
    errors: String
) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let input {
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    } else {
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    }
    let appending = O_WRONLY | O_CREAT | O_APPEND
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, appending, 0o644)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors, appending, 0o644)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
        &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP)
    )

    // The shell only changes the folder: there is no portable way to let posix_spawn do it.
    let whole = ["/bin/sh", "-c", #"cd "$0" && exec "$@""#, folder] + command
    var arguments: [UnsafeMutablePointer<CChar>?] = whole.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for text in arguments + variables { free(text) } }
    try closeOpenFilesAtExec()
    var pid: pid_t = 0
    let result = posix_spawn(&pid, "/bin/sh", &actions, &attributes, &arguments, &variables)
    guard result == 0 else { throw Failure("cannot start \(command[0]): \(String(cString: strerror(result)))") }
    return pid
}

/// A socket or a pipe that a child inherits stays open after it is closed here.
private func closeOpenFilesAtExec() throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
        if let descriptor = Int32(name), descriptor > STDERR_FILENO { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    }
}
