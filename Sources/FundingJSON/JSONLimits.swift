/// How much a document may ask of us before it is refused. Bodies come from other people's servers, so every dimension
/// that an answer can grow in has a bound.
public struct JSONLimits: Sendable, Equatable {
    /// The longest accepted document in bytes. Values above 256 MiB count as 256 MiB, the most a tape can address.
    public var maximumBytes: Int

    /// How many arrays and objects may be open at once; a scalar at the top has depth 0.
    public var maximumDepth: Int

    /// How many values, counting each object key as one, a document may hold. The tape spends 16 bytes on each, so
    /// this, not the size of the text, bounds the memory that a body such as `[0,0,0,…]` can claim.
    public var maximumValues: Int

    /// 64 MiB of text, 512 levels, 8 million values: some forty times what the largest exchange answer needs.
    public static let standard = JSONLimits()

    /// Limits that differ from `standard` where told.
    public init(
        maximumBytes: Int = 64 << 20,
        maximumDepth: Int = 512,
        maximumValues: Int = 8_000_000
    ) {
        self.maximumBytes = maximumBytes
        self.maximumDepth = maximumDepth
        self.maximumValues = maximumValues
    }

    /// Node offsets have 32 bits and element counts 28; every element takes at least one byte.
    static let addressableBytes = 1 << 28
}
