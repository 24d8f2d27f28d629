import Foundation
import WebServer

/// The grid's endpoint's body, encoded and compressed once for all who ask: after a change, and at most a few times a
/// second. Those who ask while it is made wait for the one that is being made.
actor GridBody {
    /// How old the body may be while the grid keeps changing.
    private static let coalescing = Duration.milliseconds(250)
    private static let maxAge = 5
    private static let compressionLevel = 4

    private let view: MarketView
    private let session: String
    private var made: (body: PreparedBody, sequence: Int, at: ContinuousClock.Instant)?

    init(view: MarketView, session: String) {
        self.view = view
        self.session = session
    }

    func current() -> PreparedBody {
        let picture = view.current
        if let made, made.sequence == picture.sequence || .now - made.at < Self.coalescing { return made.body }
        let body = PreparedBody(
            picture.grid.encoded(sequence: picture.sequence, at: picture.changedAt), contentType: "application/json",
            etag: "\"\(session)-\(picture.sequence)\"", compressionLevel: Self.compressionLevel, maxAge: Self.maxAge
        )
        made = (body, picture.sequence, .now)
        return body
    }
}
