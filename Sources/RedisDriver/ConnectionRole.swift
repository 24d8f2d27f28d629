/// What a connection object does with its connection. Every call comes on the loop's thread.
protocol ConnectionRole: AnyObject, Sendable {
    typealias Instant = ContinuousClock.Instant

    /// The link is logged in.
    func connected(_ link: Link)
    /// The link broke, or an attempt to get one failed.
    func disconnected(_ error: RedisError)
    /// Something was posted, received, or has fallen due. `link` is nil while there is no connection.
    func service(_ link: Link?, now: Instant)
    /// When `service` must be called at the latest.
    func nextDeadline(_ link: Link?) -> Instant?
    /// The owner closed the connection; nothing is called any more.
    func closed()
}
