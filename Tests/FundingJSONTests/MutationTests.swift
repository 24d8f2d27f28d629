import FundingJSON
import Testing

/// What a proxy, a cut connection or an attacker makes of a good answer.
struct MutationTests {
    private static let valid = Array(
        #"""
        {"retCode":0,"retMsg":"OK","result":{"category":"linear","nextPageCursor":"","list":[
         {"symbol":"BTCUSDT","fundingRate":"0.0001","nextFundingTime":"1760371200000","volume24h":48069.549,"bid":[1.5e3,-2]},
         {"symbol":"\u0042TC\ud83d\ude00","fundingRate":"-0.00012500","note":"é€😀 \\ \" \n","live":true,"gone":null,"x":{}}
        ]},"time":1760365003120}
        """#.utf8
    )

    @Test(arguments: 0..<20 as Range<UInt64>)
    func damagedDocumentsDoNoHarm(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            var bytes = Self.valid
            for _ in 0...Int.random(in: 0..<4, using: &generator) { Self.damage(&bytes, using: &generator) }
            #expect(ParserProperty.fault(on: bytes) == nil, "\(String(decoding: bytes, as: UTF8.self))")
            #expect(Self.outcome(bytes) == Self.outcome(bytes))
        }
    }

    @Test func everyTruncationIsRefused() throws {
        for length in 0..<Self.valid.count {
            #expect(throws: JSONError.self) { try JSONDocument(Array(Self.valid.prefix(length))) }
        }
        #expect(throws: Never.self) { try JSONDocument(Self.valid) }
    }

    private static func damage(_ bytes: inout [UInt8], using generator: inout SeededGenerator) {
        guard let index = bytes.indices.randomElement(using: &generator) else { return }
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 1: bytes[index] = UInt8.random(in: 0 ... .max, using: &generator)
        case 2: bytes.remove(at: index)
        case 3: bytes.insert(contentsOf: bytes[index...].prefix(Int.random(in: 1..<40, using: &generator)), at: index)
        default: bytes.insert("\"\\{}[],:-.e0u".utf8.randomElement(using: &generator) ?? 0, at: index)
        }
    }

    private static func outcome(_ bytes: [UInt8]) -> Result<JSONTree, JSONError> {
        Result { () throws(JSONError) in JSONTree(try JSONDocument(bytes).root) }
    }
}
