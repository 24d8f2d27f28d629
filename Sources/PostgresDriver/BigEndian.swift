extension [UInt8] {
    /// Appends an integer in network byte order, the order of all of Postgres' binary forms.
    mutating func append<T: FixedWidthInteger>(bigEndian value: T) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    /// The integer's bytes in network byte order.
    init<T: FixedWidthInteger>(bigEndian value: T) {
        self = Swift.withUnsafeBytes(of: value.bigEndian) { [UInt8]($0) }
    }
}

extension UnsafeRawBufferPointer {
    /// The integer at `offset`, or nil if the bytes end before it does.
    func bigEndian<T: FixedWidthInteger>(at offset: Int, as type: T.Type = T.self) -> T? {
        guard offset >= 0, count - offset >= MemoryLayout<T>.size else { return nil }
        return T(bigEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
    }
}
