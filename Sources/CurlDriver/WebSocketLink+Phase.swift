extension WebSocketLink {
    /// How far a WebSocket has come.
    enum Phase {
        /// libcurl connects.
        case connecting
        /// The request is on its way, or its answer.
        case upgrading
        case open
        /// The end has been told to the reader; the socket only lives for the rest of the closing handshake.
        case closing
        case ended
    }
}
