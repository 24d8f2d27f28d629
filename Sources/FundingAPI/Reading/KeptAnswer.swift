import Foundation
import WebServer

/// An answer and until when it may be used.
struct KeptAnswer: Sendable {
    let bytes: [UInt8]
    let body: PreparedBody
    let goodUntil: ContinuousClock.Instant

    init(_ bytes: [UInt8], _ contentType: String, goodUntil: ContinuousClock.Instant, level: Int) {
        self.bytes = bytes
        body = PreparedBody(bytes, contentType: contentType, compressionLevel: level, compression: .onDemand)
        self.goodUntil = goodUntil
    }

    /// How many bytes of memory it takes.
    var size: Int { bytes.count + body.byteCount + (body.compressedByteCount ?? 0) }

    /// Whole seconds; 0 when the time is up.
    func secondsLeft(at now: ContinuousClock.Instant) -> Int { max(0, Int((goodUntil - now) / .seconds(1))) }

    // MARK: As it is stored

    /// The time until which it is good stands before it, in milliseconds since 1970 and on a line of its own: another
    /// process has another clock for `ContinuousClock`.
    func stored(now: ContinuousClock.Instant = .now, time: Date = Date()) -> [UInt8] {
        let until = time.timeIntervalSince1970 * 1000 + (goodUntil - now) / .milliseconds(1)
        return Array("\(Int(until))\n".utf8) + bytes
    }

    /// - Returns: nil for what is not such an answer, or no longer good.
    init?(stored: [UInt8], _ contentType: String, now: ContinuousClock.Instant, time: Date = Date(), level: Int) {
        guard let end = stored.firstIndex(of: UInt8(ascii: "\n")),
            let until = Int(String(decoding: stored[..<end], as: UTF8.self))
        else { return nil }
        let left = Double(until) - time.timeIntervalSince1970 * 1000
        guard left > 0 else { return nil }
        self.init(
            Array(stored[(end + 1)...]), contentType, goodUntil: now + .milliseconds(Int64(left)), level: level)
    }
}
