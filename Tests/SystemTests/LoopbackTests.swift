import Testing

/// The real executables against real servers on loopback: started, killed, restarted, cut off. One at a time, because
/// they have deadlines of seconds and every one of them keeps both cores busy.
@Suite(
    .serialized, .enabled(if: Programs.areComplete, "needs the executables, postgresql-15 and redis-server"),
    .timeLimit(.minutes(5))
)
enum LoopbackTests {}
