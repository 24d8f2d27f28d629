/// Collects an answer while it arrives and refuses one that grows too large.
///
/// It belongs to the engine's thread; libcurl's callbacks feed it.
final class ResponseBuffer {
    /// All header lines of a transfer together, interim answers and redirects included, so that none can flood.
    let headerLimit = 64 << 10

    /// The most memory set aside on a `Content-Length`'s word alone.
    private let largestReservation = 8 << 20

    /// The largest body accepted, after decompression.
    let bodyLimit: Int

    private(set) var headers = HTTPHeaders()
    private(set) var body: [UInt8] = []
    private(set) var hasBegunBody = false

    /// Why the buffer stopped the transfer, if it did.
    private(set) var refusal: HTTPFetchError.Kind?

    private var headerBytes = 0

    init(bodyLimit: Int) {
        self.bodyLimit = bodyLimit
    }

    /// Whether the body is compressed, by its own account.
    var isEncoded: Bool {
        headers["content-encoding"] != nil
    }

    /// Takes one header line; false ends the transfer.
    func receive(headerLine line: UnsafeBufferPointer<UInt8>) -> Bool {
        headerBytes += line.count
        guard headerBytes <= headerLimit else {
            refusal = .headersTooLarge(limit: headerLimit)
            return false
        }
        guard let first = line.first, !first.isLineEnd else { return true }
        if line.starts(with: "HTTP/".utf8) {
            // An answer begins; what came before was an interim one or a redirect.
            headers = HTTPHeaders()
            body.removeAll()
        } else if first.isBlank {
            headers.continueLast(with: String(trimming: line[...]))
        } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
            headers.append(name: String(trimming: line[..<colon]), value: String(trimming: line[(colon + 1)...]))
        }
        return true
    }

    /// Takes a piece of the decompressed body; false ends the transfer.
    func receive(body piece: UnsafeBufferPointer<UInt8>) -> Bool {
        guard piece.count <= bodyLimit - body.count else {
            refusal = .bodyTooLarge(limit: bodyLimit)
            body = []
            return false
        }
        if body.isEmpty {
            hasBegunBody = true
            body.reserveCapacity(max(piece.count, reservation))
        }
        body.append(contentsOf: piece)
        return true
    }

    /// How many bytes the headers let expect. Compressed JSON grows some four times and more.
    private var reservation: Int {
        let announced = headers["content-length"].flatMap { Int($0) }.map { max(0, $0) } ?? 0
        let decoded = isEncoded ? min(announced, largestReservation) * 4 : announced
        return min(decoded, bodyLimit, largestReservation)
    }
}

extension UInt8 {
    fileprivate var isLineEnd: Bool { self == UInt8(ascii: "\r") || self == UInt8(ascii: "\n") }
    fileprivate var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
}

extension String {
    /// The text without the blanks and the line end around it; bytes that are no UTF-8 are replaced.
    fileprivate init(trimming text: Slice<UnsafeBufferPointer<UInt8>>) {
        var text = text
        while let first = text.first, first.isBlank { text = text.dropFirst() }
        while let last = text.last, last.isBlank || last.isLineEnd { text = text.dropLast() }
        self.init(decoding: text, as: UTF8.self)
    }
}
