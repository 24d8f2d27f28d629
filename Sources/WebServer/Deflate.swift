import CZlib

/// Raw deflate of single messages, as permessage-deflate (RFC 7692) has it: each ends at a byte, without its last four.
package enum Deflate {
    private static let window: Int32 = -15
    /// What every message ends with, and what is left out on the wire.
    private static let tail: [UInt8] = [0x00, 0x00, 0xff, 0xff]

    /// The message compressed on its own; nil if that would not be smaller.
    static func compress(_ message: [UInt8], level: Int32 = 1) -> [UInt8]? {
        var stream = z_stream()
        let opened = deflateInit2_(
            &stream, level, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)
        )
        guard opened == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(message.count))) + 16)
        let isWhole = run(&stream, message, into: &output) {
            deflate($0, Z_SYNC_FLUSH) == Z_OK && $0.pointee.avail_in == 0 && $0.pointee.avail_out > 0
        }
        let count = Int(stream.total_out) - tail.count
        guard isWhole, count < message.count else { return nil }
        return Array(output[..<count])
    }

    package enum Failure: Error {
        case malformed
        case tooLong
    }

    /// - Parameter limit: the most bytes that may come out.
    package static func expand(_ message: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
        var stream = z_stream()
        guard inflateInit2_(&stream, window, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .malformed
        }
        defer { inflateEnd(&stream) }
        var output = [UInt8](repeating: 0, count: limit + 1)
        var result = Z_OK
        _ = run(&stream, message + tail, into: &output) {
            result = inflate($0, Z_SYNC_FLUSH)
            return result == Z_OK
        }
        let count = Int(stream.total_out)
        guard count <= limit else { throw .tooLong }
        // A sender may mark its last block as the last of all.
        guard result == Z_STREAM_END || stream.avail_in == 0 && (result == Z_OK || result == Z_BUF_ERROR) else {
            throw .malformed
        }
        return Array(output[..<count])
    }

    private static func run(
        _ stream: inout z_stream, _ input: [UInt8], into output: inout [UInt8],
        _ step: (UnsafeMutablePointer<z_stream>) -> Bool
    ) -> Bool {
        input.withUnsafeBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                return step(&stream)
            }
        }
    }
}
