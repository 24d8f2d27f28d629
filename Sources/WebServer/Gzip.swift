import CZlib
import NIOCore

/// One-shot gzip compression.
enum Gzip {
    /// Bodies shorter than this fit into one packet anyway.
    static let worthwhileBytes = 1024
    private static let smallestStep = 4096

    /// The bytes as a gzip member, the same for the same input; nil if that would not be smaller.
    static func compress(_ bytes: [UInt8], level: Int) -> ByteBuffer? {
        bytes.withUnsafeBytes { compress($0, level: level) }
    }

    static func compress(_ buffer: ByteBuffer, level: Int) -> ByteBuffer? {
        buffer.withUnsafeReadableBytes { compress($0, level: level) }
    }

    private static func compress(_ bytes: UnsafeRawBufferPointer, level: Int) -> ByteBuffer? {
        guard bytes.count >= worthwhileBytes else { return nil }
        var stream = z_stream()
        let gzipWindow: Int32 = 15 + 16
        let opened = deflateInit2_(
            &stream, Int32(level), Z_DEFLATED, gzipWindow, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)
        )
        guard opened == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        // JSON shrinks to less than a quarter; the worst case would be held for nothing.
        var output = ByteBufferAllocator().buffer(capacity: bytes.count / 4)
        stream.next_in = UnsafeMutablePointer(mutating: bytes.assumingMemoryBound(to: UInt8.self).baseAddress)
        stream.avail_in = UInt32(bytes.count)
        var status = Z_OK
        while status == Z_OK || status == Z_BUF_ERROR, output.readableBytes < bytes.count {
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: smallestStep) { target in
                stream.next_out = target.bindMemory(to: UInt8.self).baseAddress
                stream.avail_out = UInt32(target.count)
                status = deflate(&stream, Z_FINISH)
                return target.count - Int(stream.avail_out)
            }
        }
        guard status == Z_STREAM_END, output.readableBytes < bytes.count else { return nil }
        return ByteBuffer(bytes: output.readableBytesView)
    }
}
