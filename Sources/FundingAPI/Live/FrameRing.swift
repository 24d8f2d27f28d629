/// The latest frames, for clients that missed some.
struct FrameRing: Sendable {
    /// So many of the latest frames are kept as they were sent. Older ones are encoded again for those who still ask.
    private static let mostEncoded = 16
    private let mostFrames: Int
    private let mostBytes: Int
    private var frames: [LiveFrame] = []
    private var bytes = 0
    /// The sequence before the oldest frame that is kept.
    private var floor = 0
    /// The latest sequence that was given out, with a frame or without.
    private var latest = 0

    init(mostFrames: Int = 1000, mostBytes: Int = 6 << 20) {
        self.mostFrames = mostFrames
        self.mostBytes = mostBytes
    }

    /// Forgets all; frames after `sequence` will be kept.
    mutating func begin(after sequence: Int) {
        self = FrameRing(mostFrames: mostFrames, mostBytes: mostBytes)
        floor = sequence
        latest = sequence
    }

    /// A sequence was given out that has no frame.
    mutating func pass(_ sequence: Int) { latest = sequence }

    mutating func append(_ frame: LiveFrame) {
        frames.append(frame)
        if frames.count > Self.mostEncoded { frames[frames.count - 1 - Self.mostEncoded].forgetEncoding() }
        latest = frame.sequence
        bytes += frame.size
        var dropped = 0
        while frames.count - dropped > mostFrames || bytes > mostBytes, dropped < frames.count {
            bytes -= frames[dropped].size
            floor = frames[dropped].sequence
            dropped += 1
        }
        frames.removeFirst(dropped)
    }

    /// All frames after a sequence; nil if some are no longer kept, or the sequence is not one of ours.
    func frames(after sequence: Int) -> ArraySlice<LiveFrame>? {
        guard sequence >= floor, sequence <= latest else { return nil }
        return frames[(frames.firstIndex { $0.sequence > sequence } ?? frames.endIndex)...]
    }
}
