import FundingCore
import FundingExchanges
import Testing

/// Every example of the requirements and of the exchanges' sheets, each as the base field of the venue gives it.
@Suite struct AssetNamingTests {
    private static func naming(of feed: FeedID) throws -> AssetNaming {
        try #require(Exchanges.feeds(named: feed.rawValue).first).profile.naming
    }

    @Test(
        arguments: [
            // Binance USD-M
            ("1000SHIB", "SHIB", 1e3), ("1000PEPE", "PEPE", 1e3), ("1000BONK", "BONK", 1e3),
            ("1000FLOKI", "FLOKI", 1e3),
            ("1000LUNC", "LUNC", 1e3), ("1000RATS", "RATS", 1e3), ("1000SATS", "SATS", 1e3), ("1000XEC", "XEC", 1e3),
            ("1000CAT", "CAT", 1e3), ("1000CHEEMS", "CHEEMS", 1e3), ("1000WHY", "WHY", 1e3), ("1000X", "X", 1e3),
            ("1000000MOG", "MOG", 1e6), ("1000000BOB", "BOB", 1e6), ("1MBABYDOGE", "BABYDOGE", 1e6),
            ("1INCH", "1INCH", 1),
            ("KAVA", "KAVA", 1), ("KAS", "KAS", 1), ("4", "4", 1), ("B", "B", 1), ("C98", "C98", 1),
            ("API3", "API3", 1),
            ("NEIRO", "NEIRO", 1), ("NEIROETH", "NEIROETH", 1), ("TUSD", "TUSD", 1), ("USDC", "USDC", 1),
            ("ETH", "ETH", 1),
            ("BTCDOM", "BTCDOM", 1), ("DEFI", "DEFI", 1), ("币安人生", "币安人生", 1), ("龙虾", "龙虾", 1), ("XBT", "BTC", 1),
            // Nobody else's rules.
            ("1MX", "1MX", 1), ("SHIB1000", "SHIB1000", 1), ("kPEPE", "KPEPE", 1),
        ] as [(String, String, Double)])
    func binanceNames(raw: String, name: String, denomination: Double) throws {
        try expect("binance-usdm", raw, name, denomination)
    }

    @Test(
        arguments: [
            ("SHIB1000", "SHIB", 1e3), ("1000PEPE", "PEPE", 1e3), ("1000BONK", "BONK", 1e3), ("1000BTT", "BTT", 1e3),
            ("1000FLOKI", "FLOKI", 1e3), ("1000LUNC", "LUNC", 1e3), ("1000XEC", "XEC", 1e3), ("1000CAT", "CAT", 1e3),
            ("1000CATS", "CATS", 1e3), ("1000NEIROCTO", "NEIROCTO", 1e3), ("1000TURBO", "TURBO", 1e3),
            ("1000X", "X", 1e3),
            ("10000NFT", "NFT", 1e4), ("10000LADYS", "LADYS", 1e4), ("10000SATS", "SATS", 1e4),
            ("10000WHY", "WHY", 1e4),
            ("10000QUBIC", "QUBIC", 1e4), ("10000COQ", "COQ", 1e4), ("10000ELON", "ELON", 1e4),
            ("10000WEN", "WEN", 1e4),
            ("100000MOG", "MOG", 1e5), ("1000000BABYDOGE", "BABYDOGE", 1e6), ("1000000CHEEMS", "CHEEMS", 1e6),
            ("1000000MOG", "MOG", 1e6), ("10000000AIDOGE", "AIDOGE", 1e7), ("10000000SHIB", "SHIB", 1e7),
            ("1INCH", "1INCH", 1), ("API3", "API3", 1), ("C98", "C98", 1), ("RSS3", "RSS3", 1), ("LUNA2", "LUNA2", 1),
            ("LUNA", "LUNA2", 1), ("HPOS10I", "HPOS10I", 1), ("BTC", "BTC", 1), ("ETHBTC", "ETHBTC", 1),
            // Only a plain name before exactly four digits.
            ("A1000", "A", 1e3), ("AB12000", "AB12000", 1), ("1000", "1000", 1),
        ] as [(String, String, Double)])
    func bybitNames(raw: String, name: String, denomination: Double) throws {
        try expect("bybit", raw, name, denomination)
    }

    @Test(
        arguments: [
            ("BTC", "BTC", 1), ("kPEPE", "PEPE", 1e3), ("kSHIB", "SHIB", 1e3), ("kBONK", "BONK", 1e3),
            ("kFLOKI", "FLOKI", 1e3), ("kLUNC", "LUNC", 1e3), ("kDOGS", "DOGS", 1e3), ("kNEIRO", "NEIRO", 1e3),
            ("kX", "X", 1e3), ("KAITO", "KAITO", 1), ("KAS", "KAS", 1), ("KNC", "KNC", 1), ("XYZ100", "XYZ100", 1),
            ("US500", "US500", 1), ("k", "K", 1), ("ka", "KA", 1), ("10Y", "10Y", 1),
        ] as [(String, String, Double)])
    func hyperliquidNames(raw: String, name: String, denomination: Double) throws {
        try expect("hyperliquid", raw, name, denomination)
    }

    @Test(
        arguments: [
            ("ETH", "ETH", 1), ("1000PEPE", "PEPE", 1e3), ("1000BONK", "BONK", 1e3), ("1000SHIB", "SHIB", 1e3),
            ("1000FLOKI", "FLOKI", 1e3), ("1000000XXX", "XXX", 1e6), ("100000XXX", "XXX", 1e5),
            ("10000XXX", "XXX", 1e4),
            ("1000XXX", "XXX", 1e3), ("1MXXX", "XXX", 1e6), ("kXXX", "XXX", 1e3), ("1MBONK", "BONK", 1e6),
            ("1KMEW", "MEW", 1e3), ("KAITO", "KAITO", 1), ("KAS", "KAS", 1), ("KNC", "KNC", 1), ("1INCH", "1INCH", 1),
            ("EURUSD", "EURUSD", 1), ("XAU", "XAU", 1), ("NVDA", "NVDA", 1),
            // A hundred is stripped from listed names only; no such contract is known.
            ("100XXX", "100XXX", 1),
        ] as [(String, String, Double)])
    func lighterNames(raw: String, name: String, denomination: Double) throws {
        try expect("lighter", raw, name, denomination)
    }

    @Test(
        arguments: [
            ("XBT", "BTC", 1), ("1000BONK", "BONK", 1e3), ("10000CAT", "CAT", 1e4), ("10000LADYS", "LADYS", 1e4),
            ("1000000MOG", "MOG", 1e6), ("1MBABYDOGE", "BABYDOGE", 1e6), ("1000X", "X", 1e3), ("PEPE", "PEPE", 1),
            ("1INCH", "1INCH", 1), ("KAS", "KAS", 1), ("KAVA", "KAVA", 1), ("API3", "API3", 1), ("USDC", "USDC", 1),
            // Nobody else's rules.
            ("1MX", "1MX", 1), ("kPEPE", "KPEPE", 1), ("SHIB1000", "SHIB1000", 1),
        ] as [(String, String, Double)])
    func kucoinNames(raw: String, name: String, denomination: Double) throws {
        try expect("kucoin", raw, name, denomination)
    }

    @Test(
        arguments: [
            ("1000BONK", "BONK", 1e3), ("1000RATS", "RATS", 1e3), ("1000LADYS", "LADYS", 1e3), ("1000BTT", "BTT", 1e3),
            ("100000BABYDOGE", "BABYDOGE", 1e5), ("1000000BABYDOGE", "BABYDOGE", 1e6), ("1000000MOG", "MOG", 1e6),
            ("CAT", "CAT", 1), ("PEPE", "PEPE", 1), ("SHIB", "SHIB", 1), ("FLOKI", "FLOKI", 1),
            ("PEPE2", "PEPE2", 1), ("SHIB2", "SHIB2", 1), ("DOGE2", "DOGE2", 1), ("BABYDOGE2", "BABYDOGE2", 1),
            ("1INCH", "1INCH", 1), ("C98", "C98", 1), ("API3", "API3", 1), ("BTC", "BTC", 1),
            // Ten and a hundred belong to names.
            ("10SET", "10SET", 1), ("100X", "100X", 1),
            ("NVIDIA", "NVDA", 1), ("TSLA", "TSLA", 1), ("FILECOIN", "FIL", 1), ("TRUMPOFFICIAL", "TRUMP", 1),
        ] as [(String, String, Double)])
    func mexcNames(raw: String, name: String, denomination: Double) throws {
        try expect("mexc", raw, name, denomination)
    }

    @Test(arguments: [("BTC", "BTC", 1), ("SOL", "SOL", 1), ("PAXG", "PAXG", 1), ("1INCH", "1INCH", 1)])
    func deribitNames(raw: String, name: String, denomination: Double) throws {
        try expect("deribit", raw, name, denomination)
    }

    @Test(arguments: [("BTC", "BTC", 1), ("1INCH", "1INCH", 1), ("EGLD", "EGLD", 1), ("GALA", "GALA", 1)]
    )
    func binanceCoinMarginedNames(raw: String, name: String, denomination: Double) throws {
        try expect("binance-coinm", raw, name, denomination)
    }

    @Test(
        arguments: [
            ("BTC", "BTC", 1), ("1000FLOKI", "FLOKI", 1e3), ("1000PEPE", "PEPE", 1e3), ("1000SHIB", "SHIB", 1e3),
            ("1000BONK", "BONK", 1e3), ("kPEPE", "PEPE", 1e3), ("CL", "CL", 1), ("RTX", "RTX", 1), ("STXX", "STXX", 1),
            ("BBX", "BBX", 1), ("SKHX", "SKHX", 1), ("OPENAI", "OPENAI", 1), ("KAITO", "KAITO", 1),
            ("1INCH", "1INCH", 1), ("SUSHI", "SUSHI", 1),
        ] as [(String, String, Double)])
    func asterNames(raw: String, name: String, denomination: Double) throws {
        try expect("aster", raw, name, denomination)
    }

    @Test(
        arguments: [
            ("BTC", "BTC", 1), ("kBONK", "BONK", 1e3), ("kPEPE", "PEPE", 1e3), ("kSHIB", "SHIB", 1e3),
            ("KAITO", "KAITO", 1), ("KMNO", "KMNO", 1), ("US500", "US500", 1), ("0G", "0G", 1),
        ] as [(String, String, Double)])
    func backpackNames(raw: String, name: String, denomination: Double) throws {
        try expect("backpack", raw, name, denomination)
    }

    @Test(
        arguments: [
            ("XBT", "BTC", 1), ("BTC", "BTC", 1), ("XDG", "DOGE", 1), ("DOGE", "DOGE", 1), ("PEPE", "PEPE", 1),
            ("BONK", "BONK", 1), ("AAPLx", "AAPLX", 1), ("1INCH", "1INCH", 1), ("kPEPE", "KPEPE", 1),
        ] as [(String, String, Double)])
    func krakenNames(raw: String, name: String, denomination: Double) throws {
        try expect("kraken", raw, name, denomination)
    }

    @Test(
        arguments: [
            ("SOL", "SOL", 1), ("1MBONK", "BONK", 1e6), ("1MPEPE", "PEPE", 1e6), ("1KWEN", "WEN", 1e3),
            ("1KMEW", "MEW", 1e3), ("1KPUMP", "PUMP", 1e3), ("PUMP", "PUMP", 1), ("1KMON", "MON", 1e3), ("2Z", "2Z", 1),
            ("KAITO", "KAITO", 1), ("AI16Z", "AI16Z", 1), ("1INCH", "1INCH", 1), ("KMNO", "KMNO", 1),
            // Nobody else's rules.
            ("kBONK", "KBONK", 1),
        ] as [(String, String, Double)])
    func driftNames(raw: String, name: String, denomination: Double) throws {
        try expect("drift", raw, name, denomination)
    }

    @Test(
        arguments: [
            ("BTC", "BTC", 1), ("kBONK", "BONK", 1e3), ("kPEPE", "PEPE", 1e3), ("kSHIB", "SHIB", 1e3),
            ("KAITO", "KAITO", 1), ("PAXG", "PAXG", 1), ("SP500", "SP500", 1), ("XAU", "XAU", 1), ("2Z", "2Z", 1),
            // Nobody else's rules.
            ("1MBONK", "1MBONK", 1), ("1KPUMP", "1KPUMP", 1),
        ] as [(String, String, Double)])
    func pacificaNames(raw: String, name: String, denomination: Double) throws {
        try expect("pacifica", raw, name, denomination)
    }

    @Test(arguments: [("BTC", "BTC", 1), ("XAG", "XAG", 1), ("EUR", "EUR", 1), ("PAXG", "PAXG", 1), ("2Z", "2Z", 1)])
    func hibachiNames(raw: String, name: String, denomination: Double) throws {
        try expect("hibachi", raw, name, denomination)
    }

    @Test(
        arguments: [
            ("BTC", "BTC", 1), ("FARTCOIN", "FARTCOIN", 1), ("PEPE", "PEPE", 1), ("PAXG", "PAXG", 1), ("XAG", "XAG", 1),
            ("EUR", "EUR", 1), ("1INCH", "1INCH", 1), ("KAITO", "KAITO", 1), ("kPEPE", "KPEPE", 1),
        ] as [(String, String, Double)])
    func dydxNames(raw: String, name: String, denomination: Double) throws {
        try expect("dydx", raw, name, denomination)
    }

    @Test(
        arguments: [
            ("BTC", "BTC", 1), ("1000PEPE", "PEPE", 1e3), ("1000BONK", "BONK", 1e3), ("HAJIMI", "HAJIMI", 1),
            ("XAU", "XAU", 1), ("SPY", "SPY", 1), ("1INCH", "1INCH", 1), ("KAITO", "KAITO", 1),
        ] as [(String, String, Double)])
    func edgeXNames(raw: String, name: String, denomination: Double) throws {
        try expect("edgex", raw, name, denomination)
    }

    @Test(
        arguments: [
            ("BTC", "BTC", 1), ("1000PEPE", "PEPE", 1e3), ("1000BONK", "BONK", 1e3), ("1000SHIB", "SHIB", 1e3),
            ("1000000MOG", "MOG", 1e6), ("SPCX", "SPCX", 1), ("XAU", "XAU", 1), ("1INCH", "1INCH", 1),
        ] as [(String, String, Double)])
    func apeXNames(raw: String, name: String, denomination: Double) throws {
        try expect("apex", raw, name, denomination)
    }

    @Test func anExplicitListStripsWhatNoRuleMay() {
        let naming = AssetNaming(aliases: ["100XXX": .init("XXX", denomination: 100)])
        #expect(naming.asset("100XXX") == ("XXX", 100))
        #expect(naming.asset("100YYY") == ("100YYY", 1))
    }

    private func expect(_ feed: FeedID, _ raw: String, _ name: String, _ denomination: Double) throws {
        let asset = try Self.naming(of: feed).asset(raw)
        #expect(asset.name == name)
        #expect(asset.denomination == denomination)
    }
}
