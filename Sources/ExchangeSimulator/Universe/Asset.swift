/// What is priced, and by whom it is listed.
struct Asset: Sendable {
    enum Kind: String, Sendable {
        case coin, stock, commodity, index, forex
    }

    /// What one unit costs.
    enum Price: Sendable {
        /// About this many dollars; the market moves around it.
        case dollars(Double)
        /// Always the quotient of two other assets' prices.
        case ratio(of: String, to: String)
    }

    var name: String
    var kind: Kind
    var price: Price
    /// 0 is the largest; sizes fall with the rank.
    var rank: Int
    /// By code, as `AssetTable` explains them: the exchange's spelling.
    var spellings: [String: String]
    /// What the randomness of its price and of its funding hangs on.
    var priceKey: UInt64
    var rateKey: UInt64
}

extension Asset {
    /// Reads a table of the form that `AssetTable` describes. It is part of the program, so a malformed one traps.
    static func list(from table: String) -> [Asset] {
        var assets: [Asset] = []
        for line in table.split(separator: "\n") {
            let halves = line.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
            precondition(halves.count == 2, "a line of the asset table needs listings and assets: \(line)")
            var kind = Kind.coin
            var listings: [(code: String, spelling: String?)] = []
            for word in halves[0].split(separator: " ") {
                if word.hasPrefix("#") {
                    kind = Kind(rawValue: String(word.dropFirst())) ?? kind
                } else {
                    let parts = word.split(separator: ":", maxSplits: 1).map(String.init)
                    listings.append((parts[0], parts.count == 2 ? parts[1] : nil))
                }
            }
            let words = halves[1].split(separator: " ").map(String.init)
            precondition(words.count.isMultiple(of: 2), "an asset without a price: \(line)")
            for index in stride(from: 0, to: words.count, by: 2) {
                let spellings = Dictionary(
                    uniqueKeysWithValues: listings.map { ($0.code, $0.spelling ?? words[index]) })
                assets.append(
                    Asset(
                        name: words[index], kind: kind, price: price(words[index + 1]), rank: assets.count,
                        spellings: spellings, priceKey: Noise.key("price", words[index]),
                        rateKey: Noise.key("rate", words[index])
                    )
                )
            }
        }
        return assets
    }

    private static func price(_ text: String) -> Price {
        if let dollars = Double(text) { return .dollars(dollars) }
        let parts = text.split(separator: "/").map(String.init)
        precondition(parts.count == 2, "neither a price nor a ratio: \(text)")
        return .ratio(of: parts[0], to: parts[1])
    }

    /// How many units of the asset a spelling stands for: 1000 for `kPEPE`, `1000PEPE` and `SHIB1000`.
    func units(in spelling: String) -> Double {
        guard spelling != name else { return 1 }
        let rest = spelling.hasSuffix(name) ? spelling.dropLast(name.count) : spelling.dropFirst(name.count)
        switch rest {
        case "k": return 1000
        case "1K": return 1000
        case "1M": return 1_000_000
        // `LUNA` for LUNA2: another name, not another size.
        default: return Double(rest) ?? 1
        }
    }
}
