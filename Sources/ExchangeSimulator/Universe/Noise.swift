import Foundation

/// Randomness without state: the same seed, key and time give the same number, whoever asks and in whatever order.
struct Noise: Sendable {
    let seed: UInt64

    /// 64 well-mixed bits (the finalizer of SplitMix64).
    func bits(_ key: UInt64, _ index: Int = 0) -> UInt64 {
        var z = seed &+ key &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(bitPattern: Int64(index)) &* 0xd1b5_4a32_d192_ed03
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// A fixed number in 0..<1.
    func uniform(_ key: UInt64, _ index: Int = 0) -> Double {
        Double(bits(key, index) >> 11) * 0x1p-53
    }

    /// A curve in -1...1 that is smooth in time and forgets itself after some `period` milliseconds: fixed random values
    /// at the ends of each period, joined by a curve that is level at both.
    func curve(_ key: UInt64, period: Int, at time: Int) -> Double {
        let index = Int((Double(time) / Double(period)).rounded(.down))
        let x = Double(time - index * period) / Double(period)
        let weight = x * x * x * (x * (x * 6 - 15) + 10)
        let periodKey = key ^ UInt64(truncatingIfNeeded: period)
        let start = uniform(periodKey, index) * 2 - 1
        return start + weight * (uniform(periodKey, index + 1) * 2 - 1 - start)
    }

    /// The same bits on every machine and in every run (FNV-1a), unlike `hashValue`.
    static func key(_ parts: String...) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for part in parts {
            for byte in part.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            hash = (hash ^ 0xff) &* 0x100_0000_01b3
        }
        return hash
    }
}

extension Int {
    static let millisecondsOfMinute = 60_000
    static let millisecondsOfHour = 3_600_000
    static let millisecondsOfDay = 86_400_000

    /// The last multiple of `step` that is not above this number.
    func floored(to step: Int) -> Int {
        let rest = self % step
        return self - (rest < 0 ? rest + step : rest)
    }
}
