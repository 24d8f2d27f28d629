/// What Hyperliquid answers the same to everybody.
enum HyperliquidTexts {
    static let marginTables = """
        [[51,{"description":"tiered 10x","marginTiers":[{"lowerBound":"0.0","maxLeverage":10},\
        {"lowerBound":"3000000.0","maxLeverage":5}]}],\
        [56,{"description":"tiered 40x","marginTiers":[{"lowerBound":"0.0","maxLeverage":40},\
        {"lowerBound":"150000000.0","maxLeverage":20}]}]]
        """

    static let spotMeta: String = {
        let tokens = [("USDC", 0), ("PURR", 1), ("USDE", 235), ("USDT0", 268), ("USDH", 360)].map { name, index in
            """
            {"name":"\(name)","szDecimals":2,"weiDecimals":8,"index":\(index),"tokenId":"0x\(index)",\
            "isCanonical":\(index < 2),"fullName":null}
            """
        }
        let universe = #"[{"tokens":[1,0],"name":"PURR/USDC","index":0,"isCanonical":true}]"#
        return #"{"universe":\#(universe),"tokens":[\#(tokens.joined(separator: ","))]}"#
    }()
}
