import FundingJSON
import Testing

@testable import ExchangeSimulator

@Suite struct HyperliquidDexTests {
    private let stage = Stage()

    private func meta(_ dex: String) throws -> JSONView {
        try stage.info(#"{"type":"metaAndAssetCtxs","dex":"\#(dex)"}"#)
    }

    private func listing(_ dex: String) throws -> JSONView {
        let body = try meta(dex)
        return try #require(body[0])
    }

    private func contexts(_ dex: String) throws -> JSONView {
        let body = try meta(dex)
        return try #require(body[1])
    }

    private var dexs: [String] {
        get throws { try stage.info(#"{"type":"perpDexs"}"#).elements.dropFirst().map { try $0.text("name") } }
    }

    @Test func theFirstDexIsNullAndEveryOtherHasItsContracts() throws {
        let list = try stage.info(#"{"type":"perpDexs"}"#)
        #expect(list[0]?.isNull == true)
        #expect(try dexs == ["xyz", "flx", "vntl", "hyna", "km"])
        for dex in try dexs {
            let universe = try listing(dex).member("universe")
            #expect(try contexts(dex).count == universe.count)
            #expect(universe.count > 5)
            #expect(try universe.elements.allSatisfy { try $0.text("name").hasPrefix("\(dex):") })
        }
    }

    @Test func numbersFollowThePlaces() throws {
        for (place, dex) in try dexs.enumerated() {
            for (number, row) in try listing(dex).member("universe").elements.enumerated() {
                let contract = try stage.contract("hyperliquid", row.text("name"))
                #expect(contract.id == 110_000 + place * 10_000 + number)
            }
        }
    }

    @Test func aDelistedContractKeepsItsPlaceAmongTheOthers() throws {
        let universe = try listing("xyz").member("universe").elements
        let place = try #require(universe.enumerated().first { $0.element["isDelisted"]?.bool == true }).offset
        #expect(place > 0 && place < universe.count - 1)
    }

    @Test func collateralsHaveANameAndContractsACategory() throws {
        let tokens = Set(
            try stage.info(#"{"type":"spotMeta"}"#).member("tokens").elements.map { try $0.integer("index") })
        #expect(try dexs.map { try listing($0).integer("collateralToken") } == [0, 360, 360, 235, 360])
        #expect(tokens.isSuperset(of: [0, 235, 360]))
        let annotations = try stage.info(#"{"type":"perpConciseAnnotations"}"#).elements
        #expect(annotations.count == 151)
        let categories = Set(annotations.compactMap { $0[1]?["category"]?.string })
        #expect(
            categories.isSuperset(of: ["stocks", "stock", "commodities", "indices", "fx", "FX", "crypto", "preipo"]))
    }

    @Test func aMultiplierOfZeroPaysNothing() throws {
        let unpaid = try contexts("flx")
        #expect(try unpaid.elements.allSatisfy { try $0.number("funding") == 0 })
        #expect(try contexts("hyna").elements.contains { try $0.number("funding") != 0 })
    }

    @Test func buildersContractsHaveAHistory() throws {
        let rows = try stage.info(
            #"{"type":"fundingHistory","coin":"hyna:BTC","startTime":\#(Stage.now - 86_400_000)}"#)
        #expect(rows.count == 24)
        #expect(try #require(rows[0]).text("coin") == "hyna:BTC")
    }

    @Test func allMetasAreTheMetasInTheOrderOfTheDexs() throws {
        let all = try stage.info(#"{"type":"allPerpMetas"}"#)
        #expect(all.count == 6)
        #expect(try all[1]?.rawText == listing("xyz").rawText)
    }

    // MARK: - Stream

    private func socket() throws -> StageSocket { try StageSocket("hyperliquid", "/ws", on: stage) }
    private let everything = #"{"method":"subscribe","subscription":{"type":"allDexsAssetCtxs"}}"#

    @Test func oneSubscriptionBringsTheContextsOfAllDexs() throws {
        let socket = try socket()
        let answer = try socket.ask(everything)
        #expect(try answer.text("channel") == "subscriptionResponse")
        #expect(try answer.member("data").member("subscription").text("type") == "allDexsAssetCtxs")
        let push = try #require(try socket.pushed(after: 2000).first)
        let pairs = try push.member("data").member("ctxs").elements
        #expect(try pairs.map { $0[0]?.string } == [""] + dexs)
        for pair in pairs {
            let dex = try #require(pair[0]?.string)
            #expect(try pair[1]?.rawText == contexts(dex).rawText)
        }
    }

    @Test func whatCannotBeSubscribedToIsAnError() throws {
        let socket = try socket()
        _ = try socket.ask(everything)
        let bad = [
            everything, #"{"method":"subscribe","subscription":{"type":"nonsense"}}"#, #"{"method":"nonsense"}"#,
            #"{"method":"subscribe","subscription":{"type":"activeAssetCtx","coin":"NONE"}}"#,
        ]
        for text in bad { #expect(try socket.ask(text).text("channel") == "error") }
        #expect(try socket.ask(#"{"method":"ping"}"#).text("channel") == "pong")
    }

    @Test func oneCoinIsNamedWithItsContext() throws {
        let socket = try socket()
        _ = try socket.ask(#"{"method":"subscribe","subscription":{"type":"activeAssetCtx","coin":"kPEPE"}}"#)
        let push = try #require(try socket.pushed().first)
        #expect(try push.text("channel") == "activeAssetCtx")
        #expect(try push.member("data").text("coin") == "kPEPE")
        #expect(try push.member("data").member("ctx").number("markPx") > 0)
    }
}
