import CZlib

/// Decompresses a gzip member with zlib, as an independent client would.
func gunzip(_ bytes: [UInt8]) throws -> [UInt8] {
    let (output, status) = try inflated(bytes, window: 15 + 16)
    guard status == Z_STREAM_END else { throw TestSocket.Failure(reason: "inflate: \(status)") }
    return output
}

/// Decompresses a message of permessage-deflate.
func expandedMessage(_ bytes: [UInt8]) throws -> [UInt8] {
    let (output, status) = try inflated(bytes + [0x00, 0x00, 0xff, 0xff], window: -15)
    guard status == Z_BUF_ERROR else { throw TestSocket.Failure(reason: "inflate: \(status)") }
    return output
}

/// Decompresses until the input or the stream ends.
private func inflated(_ bytes: [UInt8], window: Int32) throws -> (output: [UInt8], status: Int32) {
    var stream = z_stream()
    let size = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(&stream, window, ZLIB_VERSION, size) == Z_OK else { throw TestSocket.Failure(reason: "zlib") }
    defer { inflateEnd(&stream) }
    var input = bytes
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    var status = Z_OK
    input.withUnsafeMutableBufferPointer { input in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        while status == Z_OK {
            chunk.withUnsafeMutableBufferPointer { chunk in
                stream.next_out = chunk.baseAddress
                stream.avail_out = UInt32(chunk.count)
                status = inflate(&stream, Z_NO_FLUSH)
            }
            output += chunk[..<(chunk.count - Int(stream.avail_out))]
        }
    }
    return (output, status)
}
