/// What becomes of a client that asks for a stream.
enum StreamAdmission: Sendable {
    /// There is no such feed, or it has no streams.
    case unknown
    /// A fault or a script refuses it.
    case refused(status: Int, retryAfter: Int?)
    /// The exchange itself decides, seeing this.
    case welcome(any StreamingExchange, Scene)
}

/// When a socket asks what the faults make of it.
enum StreamMoment: Sendable {
    /// A message has come.
    case message
    /// Time has passed.
    case tick
    /// It is time to push.
    case push
}
