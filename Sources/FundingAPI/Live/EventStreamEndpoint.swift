import FundingCore
import WebServer

/// `GET /api/events`: the live feed for those who cannot or would not speak WebSocket.
struct EventStreamEndpoint: Sendable {
    let view: MarketView
    let live: LiveFeed

    private static let channels = Parameter<[LiveChannel]>.channels
    private static let exchanges = Parameter<[KnownExchange]>.exchanges("exchanges", "Only of these exchanges.")
        .orNamed("exchange")
    private static let assets = Parameter<[String]>.assets(
        "assets", "Only of these assets, where contracts are told of."
    ).orNamed(
        "asset")

    var endpoints: [Endpoint] {
        [
            .page(
                "/api/events", "text/event-stream",
                "The frames of `/ws` as server-sent events. `Last-Event-ID` goes on after the frame of that `seq`. Who reads "
                    + "too slowly for half a minute is cut off.",
                [Self.channels, Self.exchanges, Self.assets], in: .rates, by: events)
        ]
    }

    private func events(_ arguments: inout Arguments) async throws -> WebResponse {
        let channels = arguments[Self.channels]
        let exchanges = arguments[Self.exchanges]
        let assets = arguments[Self.assets]
        try arguments.finish()
        guard view.current.isLoaded else { throw WebError.notReadyYet }
        let request = arguments.request
        let client = LiveDoor.Client(request.remoteAddress, isLoopback: request.isLoopbackPeer)
        try live.door.requireRoom(for: client)
        let scope = LiveScope(
            exchanges: exchanges.isEmpty ? nil : Set(exchanges.map(\.id.rawValue)),
            assets: assets.isEmpty ? nil : Set(assets))
        let sequence = request.header("Last-Event-ID").flatMap { Int($0) }
        return WebResponse(
            headers: [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store")],
            body: .stream { [live] writer in
                try await live.serve(EventStreamPeer(), client, channels, scope, after: sequence) {
                    try await writer.write($0)
                }
            })
    }
}

extension Parameter where Value == [LiveChannel] {
    /// The channels to hear; the grid if none is named.
    fileprivate static var channels: Parameter {
        Parameter(
            ParameterDeclaration(
                name: "channels", schema: .list(.words(LiveChannel.self)), isList: true, fallback: "[\"grid\"]",
                summary: "What to hear.")
        ) { arguments, declaration in
            let words = LiveChannel.allCases.map(\.rawValue).joined(separator: ", ")
            let channels = arguments.list(declaration, expected: "Input should be one of \(words)") {
                LiveChannel(rawValue: $0.lowercased())
            }
            return channels.isEmpty ? [.grid] : channels
        }
    }
}
