import Foundation
public import FundingJSON

/// JSON documents, one a line, written together so that lines of feeds never mix.
public struct JSONLines {
    private let descriptor: Int32
    private var bytes: [UInt8] = []
    private var writer = JSONWriter(reservingCapacity: 1024)

    public init(descriptor: Int32) { self.descriptor = descriptor }

    public mutating func append(_ write: (inout JSONWriter) -> Void) {
        writer.removeAll()
        write(&writer)
        bytes += writer.bytes
        bytes.append(UInt8(ascii: "\n"))
    }

    public mutating func flush() {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            // Nobody reads any more: there is nowhere to say so.
            guard count > 0 else { break }
            written += count
        }
        bytes.removeAll()
    }
}
