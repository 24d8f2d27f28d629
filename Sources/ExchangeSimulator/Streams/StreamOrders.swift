/// What the faults in force make of one socket at one moment.
struct StreamOrders: Sendable, Equatable {
    /// The socket is closed with this code.
    var closeCode: Int?
    var closeReason = ""
    /// Nothing is sent and nothing is heard, though the connection stays.
    var isSilent = false
    /// Nothing but answers and heartbeats is sent.
    var isWithoutData = false
    /// Topics that begin with one of these are not pushed.
    var silentTopics: [String] = []
    /// One message that the exchange would not send.
    var garbage: StreamGarbage?
    /// One frame is announced that never ends.
    var hasHugeFrame = false
    /// The usual messages are repeated this often.
    var messagesPerSecond: Double?
    var distortion = Scene.Distortion()
    /// What the exchange's clock is off by, in milliseconds.
    var skew = 0

    mutating func obey(_ fault: Fault) {
        switch fault.kind {
        case .close: (closeCode, closeReason) = (fault.code ?? 1000, fault.body ?? "")
        case .silent: isSilent = true
        case .pongsOnly: isWithoutData = true
        case .channelSilent: silentTopics.append(fault.topic ?? "")
        case .garbage: garbage = fault.body.map { .text(Array($0.utf8)) } ?? StreamGarbage(number: fault.strikes)
        case .hugeFrame: hasHugeFrame = true
        case .flood: messagesPerSecond = fault.factor
        case .scale: distortion.rateFactor *= fault.factor ?? 1
        case .nan: distortion.ratesAreNaN = true
        case .half: distortion.isHalved = true
        case .skew: skew += fault.skew
        case .status, .html, .empty, .object, .truncated, .slow, .huge, .gzipBomb, .drop, .hang, .errorObject, .shuffle,
            .refuse:
            break
        }
    }
}

/// What no client of an exchange expects.
enum StreamGarbage: Sendable, Equatable {
    /// A text message that is no JSON.
    case text([UInt8])
    case binary([UInt8])

    /// Text and bytes in turn.
    init(number: Int) {
        self = number.isMultiple(of: 2) ? .binary(FaultBodies.garbage) : .text(Array(#"{"data":[1,2,"#.utf8))
    }
}
