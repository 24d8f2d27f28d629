/// Turns an exchange's name of what is priced into the name that all exchanges share, and the multiplier it carries.
///
/// Rules and examples: domain of the requirements, "Symbol → base asset". Only what a venue is known to use is stripped,
/// so that `1INCH`, `KAITO` and `HPOS10I` stay whole.
public struct AssetNaming: Sendable {
    /// Lower-case `k` before an upper-case name means a thousand (`kPEPE`); upper-case `K` never does (`KAITO`).
    var kiloPrefix: Bool
    /// `1M` and `1K` before a name of two letters or more mean a million and a thousand.
    var letterPrefixes: Bool
    /// Bybit writes one multiplier behind the name: `SHIB1000`.
    var thousandSuffix: Bool
    /// The venue's own spellings of whole names, with the multiplier each carries.
    var aliases: [String: Alias]

    /// A name to be read as another.
    public struct Alias: Sendable {
        public var name: String
        public var denomination: Double

        public init(_ name: String, denomination: Double = 1) {
            self.name = name
            self.denomination = denomination
        }
    }

    public init(
        kiloPrefix: Bool = false, letterPrefixes: Bool = false, thousandSuffix: Bool = false,
        aliases: [String: Alias] = [:]
    ) {
        self.kiloPrefix = kiloPrefix
        self.letterPrefixes = letterPrefixes
        self.thousandSuffix = thousandSuffix
        self.aliases = aliases
    }

    private static let commonAliases = ["XBT": "BTC"]

    public func asset(_ raw: String) -> (name: String, denomination: Double) {
        if let alias = aliases[raw] { return (alias.name, alias.denomination) }
        let (stem, denomination) = stripped(raw)
        let name = stem.uppercased()
        return (Self.commonAliases[name] ?? name, denomination)
    }

    // Bytes by hand: this runs for every contract of every poll, and a Regex costs more than all the rest of the row.
    private func stripped(_ raw: String) -> (Substring, Double) {
        let bytes = Array(raw.utf8)
        if bytes.first == UInt8(ascii: "1") {
            let zeros = bytes.dropFirst().prefix { $0 == UInt8(ascii: "0") }.count
            if (3...7).contains(zeros), bytes.isUpper(at: zeros + 1) {
                return (raw.dropFirst(zeros + 1), Self.powersOfTen[zeros])
            }
            if letterPrefixes, zeros == 0, bytes.count > 3, bytes.isUpper(at: 2), bytes.isUpper(at: 3) {
                if bytes[1] == UInt8(ascii: "M") { return (raw.dropFirst(2), 1_000_000) }
                if bytes[1] == UInt8(ascii: "K") { return (raw.dropFirst(2), 1000) }
            }
        }
        if kiloPrefix, bytes.first == UInt8(ascii: "k"), bytes.isUpper(at: 1) { return (raw.dropFirst(), 1000) }
        if thousandSuffix, raw.hasSuffix("1000"), bytes.count > 4, bytes.dropLast(4).allSatisfy(\.isUpper) {
            return (raw.dropLast(4), 1000)
        }
        return (raw[...], 1)
    }

    private static let powersOfTen = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000.0]
}

extension UInt8 {
    fileprivate var isUpper: Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }
}

extension [UInt8] {
    fileprivate func isUpper(at place: Int) -> Bool { place < count && self[place].isUpper }
}
