import WebServer

/// A message to live clients: encoded once, sent to any number of them.
struct EncodedFrame: Sendable {
    let frame: WebSocketFrame
    /// Where a client that heard it may go on; nil for what is told to one client only.
    let sequence: Int?

    init(_ json: [UInt8], sequence: Int? = nil) {
        self.sequence = sequence
        frame = WebSocketFrame(json)
    }

    /// Its text.
    var json: [UInt8] { frame.payload }

    /// How many bytes it is.
    var byteCount: Int { frame.byteCount }

    /// Hands it over to many at once without waiting.
    func send(to peers: some Sequence<any LivePeer>) {
        var clients: [WebSocketClient] = []
        for peer in peers {
            if let client = peer as? WebSocketClient { clients.append(client) } else { peer.send(self) }
        }
        WebSocketClient.send(frame, to: clients)
    }
}

/// Somebody who hears the live feed.
protocol LivePeer: Sendable {
    var id: String { get }
    /// Bytes handed over that the network has not taken yet.
    var queuedBytes: Int { get }
    /// Hands a message over without waiting.
    func send(_ message: EncodedFrame)
    /// Hands over messages that hold together: only who has the last of them has what they tell.
    func send(_ messages: [EncodedFrame])
    /// Ends the connection without what still waits.
    func giveUp(code: Int, reason: String)
}

extension LivePeer {
    func send(_ messages: [EncodedFrame]) {
        for message in messages { send(message) }
    }
}

extension WebSocketClient: LivePeer {
    func send(_ message: EncodedFrame) { send(message.frame) }
    func giveUp(code: Int, reason: String) { close(code: code, reason: reason, droppingQueue: true) }
}
