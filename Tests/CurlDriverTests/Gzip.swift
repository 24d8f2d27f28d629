/// Just enough gzip to write test bodies without a library.
enum Gzip {
    private static let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]

    /// A valid gzip file that stores at most 65,535 bytes uncompressed.
    static func stored(_ bytes: [UInt8]) -> [UInt8] {
        let size = UInt16(bytes.count)
        return header + [1] + size.littleEndianBytes + (~size).littleEndianBytes + bytes
            + checksum(of: bytes).littleEndianBytes + UInt32(bytes.count).littleEndianBytes
    }

    /// The beginning of a gzip file of zeros, followed by as many periods of `bombPeriod` as one likes.
    static let bombStart: [UInt8] = header + Array(bombBytes[..<2])

    /// Thirteen bytes that decompress to 2,064 zeros.
    static let bombPeriod: [UInt8] = Array(bombBytes[2..<15])

    /// One block with fixed codes: a literal zero, then sixteen times "repeat the last byte 258 times".
    private static let bombBytes: [UInt8] = {
        var bits = "110" + "00110000"
        for _ in 0..<16 { bits += "11000101" + "00000" }
        var bytes: [UInt8] = []
        for (index, bit) in bits.enumerated() {
            if index % 8 == 0 { bytes.append(0) }
            if bit == "1" { bytes[index / 8] |= 1 << UInt8(index % 8) }
        }
        return bytes
    }()

    private static func checksum(of bytes: [UInt8]) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return ~crc
    }
}

extension FixedWidthInteger {
    fileprivate var littleEndianBytes: [UInt8] {
        (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) }
    }
}
