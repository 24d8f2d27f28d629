/// The latest frames, for clients that missed some.
struct FrameRing: Sendable {
    enum Limits {
        static let frames = 1000
        static let bytes = 6 << 20
        /// So many of the latest frames are kept as they were sent. Older ones are encoded again for those who still ask.
        static let encoded = 16
    }

    private let mostFrames: Int
    private let mostBytes: Int
    private var frames: [LiveFrame] = []
    private var bytes = 0
    /// The sequence before the oldest frame that is kept.
    private var floor = 0

    init(mostFrames: Int = Limits.frames, mostBytes: Int = Limits.bytes) {
        self.mostFrames = mostFrames
        self.mostBytes = mostBytes
    }

    /// Forgets all; frames after `sequence` will be kept.
    mutating func begin(after sequence: Int) {
        self = FrameRing(mostFrames: mostFrames, mostBytes: mostBytes)
        floor = sequence
    }

    mutating func append(_ frame: LiveFrame) {
        frames.append(frame)
        if frames.count > Limits.encoded { frames[frames.count - 1 - Limits.encoded].forgetEncoding() }
        bytes += frame.size
        var dropped = 0
        while frames.count - dropped > mostFrames || bytes > mostBytes, dropped < frames.count {
            bytes -= frames[dropped].size
            floor = frames[dropped].sequence
            dropped += 1
        }
        frames.removeFirst(dropped)
    }

    /// All frames after a sequence that has been given out; nil if some are no longer kept.
    func frames(after sequence: Int) -> ArraySlice<LiveFrame>? {
        guard sequence >= floor else { return nil }
        return frames[(frames.firstIndex { $0.sequence > sequence } ?? frames.endIndex)...]
    }
}
