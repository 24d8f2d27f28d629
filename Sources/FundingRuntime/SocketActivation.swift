import Glibc

/// Sockets that systemd has opened for this process (sd_listen_fds(3)): while the process is started again, clients wait
/// in the socket's backlog, and none is refused.
public enum SocketActivation {
    /// The first descriptor that is passed on.
    private static let firstDescriptor: Int32 = 3

    /// The one socket that was passed on to this process; nil if there is none.
    ///
    /// Several are a fault, for it would not be known which is meant.
    public static func socket(_ environment: inout Environment) -> Int32? {
        guard let owner = environment.text("LISTEN_PID"), owner == String(getpid()) else { return nil }
        let count = environment.integer("LISTEN_FDS", in: 0...1, default: 0)
        guard count == 1 else { return nil }
        // What this process starts has no business with it.
        _ = fcntl(firstDescriptor, F_SETFD, FD_CLOEXEC)
        return firstDescriptor
    }
}
