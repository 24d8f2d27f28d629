import Testing

@testable import ExchangeSimulator

@Suite struct AssetTableTests {
    private let assets = Asset.list(from: AssetTable.text)

    @Test(arguments: [
        (Asset.Kind.coin, 900), (.stock, 40), (.commodity, 8), (.forex, 8), (.index, 8),
    ])
    func thereIsEnoughOfEveryKindForTheLargestExchange(kind: Asset.Kind, count: Int) {
        #expect(assets.largest(count, kind).count == count)
    }

    @Test func everyAssetIsThereOnce() {
        #expect(Set(assets.map(\.name)).count == assets.count)
        #expect(assets.map(\.rank) == Array(assets.indices))
    }

    @Test func aLineWithoutListingsHoldsAssetsThatNoCodeLists() {
        let listed = Asset.list(from: "B | BTC 7e4\n| KCS 12.4 OKB 108\n#stock | AVGO 341")
        #expect(listed.map(\.name) == ["BTC", "KCS", "OKB", "AVGO"])
        #expect(listed.map(\.spellings.count) == [1, 0, 0, 0])
        #expect(listed[3].kind == .stock)
    }

    @Test func everyPriceShowsDigitsWithoutAMultiplier() {
        for asset in assets {
            guard case .dollars(let price) = asset.price else { continue }
            let contract = SimulatedContract(asset.name, of: asset, code: "-", feed: "none", id: 0, .init())
            let text = DecimalText.text(price / 2, digits: contract.priceDigits)
            #expect(Double(text) ?? 0 > 0, "\(asset.name)")
        }
    }
}
