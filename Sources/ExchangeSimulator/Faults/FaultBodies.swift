import CZlib

/// Bodies that no exchange should send.
enum FaultBodies {
    static let html = Array(
        """
        <!DOCTYPE html><html><head><title>Attention Required!</title></head>\
        <body><h1>Sorry, you have been blocked</h1></body></html>
        """.utf8
    )

    /// Above 40 MB: well-formed JSON, a long array of zeros.
    static let huge: [UInt8] = {
        let count = 41 << 20
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            for index in 0..<count { buffer[index] = UInt8(ascii: index.isMultiple(of: 2) ? "," : "0") }
            buffer[0] = UInt8(ascii: "[")
            buffer[count - 2] = UInt8(ascii: " ")
            buffer[count - 1] = UInt8(ascii: "]")
            initialized = count
        }
    }()

    /// Random, but the same each time.
    static let garbage: [UInt8] = {
        let noise = Noise(seed: 7)
        return (0..<4096).map { UInt8(truncatingIfNeeded: noise.bits(1, $0)) }
    }()

    /// 65 MiB of blanks, about 65 kB of gzip.
    static let bomb: [UInt8] = {
        var stream = z_stream()
        let gzipWindow: Int32 = 15 + 16
        let opened = deflateInit2_(
            &stream, 9, Z_DEFLATED, gzipWindow, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)
        )
        precondition(opened == Z_OK, "zlib does not start: \(opened)")
        defer { deflateEnd(&stream) }
        var blanks = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20)
        var output = [UInt8](repeating: 0, count: 1 << 20)
        var written = 0
        for part in 0..<65 {
            blanks.withUnsafeMutableBufferPointer { input in
                output.withUnsafeMutableBufferPointer { target in
                    stream.next_in = input.baseAddress
                    stream.avail_in = UInt32(input.count)
                    stream.next_out = target.baseAddress.map { $0 + written }
                    stream.avail_out = UInt32(target.count - written)
                    deflate(&stream, part == 64 ? Z_FINISH : Z_NO_FLUSH)
                    written = Int(stream.total_out)
                }
            }
        }
        return Array(output.prefix(written))
    }()
}
