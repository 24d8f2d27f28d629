import Foundation
import FundingCore
import FundingJSON
import WebServer

/// Where endpoints take the picture of the market from, and how answers made from it are sent.
struct MarketSource: Sendable {
    /// Seconds for which an answer may be used again unless it says otherwise: ages in it are off by no more.
    static let maxAge = 5

    let view: MarketView
    /// Differs in every process.
    let session: String
    /// For what many ask alike.
    let shared: SharedAnswers

    init(view: MarketView, session: String) {
        self.view = view
        self.session = session
        shared = SharedAnswers(view: view, session: session)
    }

    /// - Throws: 503 until the tables have been read.
    func picture() throws(WebError) -> MarketView.Picture { try shown().picture }

    /// The same without a copy.
    /// - Throws: 503 until the tables have been read.
    func shown() throws(WebError) -> MarketView.Shared {
        let shown = view.shared
        guard shown.picture.isLoaded else { throw .notReadyYet }
        return shown
    }

    /// An answer that may be used again for a few seconds.
    /// - Parameters:
    ///   - generation: of what else the answer is made of.
    ///   - maxAge: how many seconds that are.
    func json(
        _ picture: MarketView.Picture, _ now: Date, beside generation: Int? = nil, maxAge: Int = Self.maxAge,
        _ write: (inout JSONWriter) -> Void
    ) -> WebResponse {
        var writer = JSONWriter(reservingCapacity: 4096)
        write(&writer)
        var response = WebResponse.json(writer.bytes)
        response.setHeader("ETag", Self.tag(session, picture, now, beside: generation, maxAge: maxAge))
        response.setHeader("Cache-Control", "max-age=\(maxAge)")
        return response
    }

    /// The tag of such an answer. It is weak and holds the time: ages in the body move on though nothing changed, and must
    /// not be confirmed for long.
    static func tag(
        _ session: String, _ picture: MarketView.Picture, _ now: Date, beside generation: Int? = nil,
        maxAge: Int = Self.maxAge
    ) -> String {
        let tick = Int(now.timeIntervalSince1970) / maxAge
        return "W/\"\(session)-\(picture.sequence)-\(tick)\(generation.map { "-\($0)" } ?? "")\""
    }
}
