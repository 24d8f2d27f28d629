import Foundation

/// A snapshot that those get who come at nearly the same time.
struct KeptSnapshot: Sendable {
    /// How old it may be that a newcomer gets it together with what came since, in seconds.
    private static let mostAge: TimeInterval = 1

    let sequence: Int
    let isReset: Bool
    let madeAt: Date
    let message: EncodedFrame

    func isOld(at now: Date) -> Bool { now.timeIntervalSince(madeAt) > Self.mostAge }
}
