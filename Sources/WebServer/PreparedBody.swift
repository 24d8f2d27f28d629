import NIOConcurrencyHelpers
import NIOCore

/// A body that is encoded, compressed and tagged at most once, then served to any number of clients without a copy.
///
/// It answers `If-None-Match` with 304, chooses between gzip and identity by `Accept-Encoding`, and serves HEAD.
public final class PreparedBody: Sendable {
    /// The media type, such as `application/json`.
    public let contentType: String
    /// The entity tag of the uncompressed bytes, with its quotes: strong unless the maker gave a weak one.
    public let etag: String

    /// When its gzip twin is made.
    public enum Compression: Sendable {
        /// With the body.
        case now
        /// When the first client asks for it.
        case onDemand
    }

    private enum Twin {
        case due(level: Int)
        case made(ByteBuffer?)
    }

    let identity: ByteBuffer
    /// Whether there may be a gzip twin.
    let isCompressible: Bool
    let gzipTag: String
    let cacheControl: String
    private let twin: NIOLockedValueBox<Twin>

    /// Encodes now, and compresses now or when somebody asks.
    ///
    /// - Parameters:
    ///   - bytes: the body, uncompressed.
    ///   - contentType: its media type; text-like types get a gzip twin if that is smaller.
    ///   - etag: an entity tag with or without quotes; without one, a hash of the bytes.
    ///   - compressionLevel: 1 (fast) to 9 (small).
    ///   - compression: when the gzip twin is made.
    ///   - maxAge: seconds a client may use the body without asking again; nil: it must ask each time.
    ///   - isImmutable: whether the URL's content never changes, as with hashed file names.
    public init(
        _ bytes: [UInt8],
        contentType: String,
        etag: String? = nil,
        compressionLevel: Int = 5,
        compression: Compression = .now,
        maxAge: Int? = nil,
        isImmutable: Bool = false
    ) {
        self.contentType = contentType
        let tag = etag.map { $0.hasSuffix("\"") ? $0 : "\"\($0)\"" } ?? EntityTag.strong(of: bytes)
        self.etag = tag
        gzipTag = EntityTag.gzipTwin(of: tag)
        identity = ByteBuffer(bytes: bytes)
        isCompressible = MediaType.isCompressible(contentType) && bytes.count >= Gzip.worthwhileBytes
        twin = NIOLockedValueBox(isCompressible ? .due(level: compressionLevel) : .made(nil))
        cacheControl =
            switch (maxAge, isImmutable) {
            case (_, true): "public, max-age=\(maxAge ?? 31_536_000), immutable"
            case (let seconds?, false): "max-age=\(seconds)"
            case (nil, false): "no-cache"
            }
        if compression == .now { _ = gzip }
    }

    /// The gzip twin; nil if it would not be smaller.
    var gzip: ByteBuffer? {
        twin.withLockedValue { twin in
            switch twin {
            case .made(let buffer): return buffer
            case .due(let level):
                let buffer = Gzip.compress(identity, level: level)
                twin = .made(buffer)
                return buffer
            }
        }
    }

    /// The uncompressed length in bytes.
    public var byteCount: Int { identity.readableBytes }

    /// The length of the gzip twin in bytes; nil if there is none, or not yet.
    public var compressedByteCount: Int? {
        twin.withLockedValue { if case .made(let buffer) = $0 { buffer?.readableBytes } else { nil } }
    }
}
