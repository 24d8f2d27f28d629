import Foundation
import FundingCore
import FundingJSON
import Testing

@testable import FundingAPI

/// A crowd is sent the grid's changes as fast as it takes them, and loses none.
struct CrowdPaceTests {
    private static let crowd = 60

    private func crowd(_ stage: inout Stage) throws -> [FakePeer] {
        try (0..<Self.crowd).map { try stage.join("\($0)", subscribing: "grid") }
    }

    private func assets(_ frame: JSONView) -> [String] {
        frame["changed"]?.elements.compactMap { $0["asset"]?.string } ?? []
    }

    @Test func changesWaitForTheCrowdAndComeAsOne() throws {
        var stage = Stage()
        let peers = try crowd(&stage)
        let begin = stage.instant
        try stage.poll([Sample.change("BTCUSDT", rate: 0.001)])
        let told = try peers.map { try #require(try $0.take().first) }
        let first = told[0]
        #expect(assets(first) == ["BTC"])
        for peer in peers { peer.queue(1000) }

        let known = stage.live.sequence
        stage.instant = begin + .milliseconds(10)
        try stage.stream([Sample.change("BTCUSDT", rate: 0.002)])
        try stage.stream([Sample.change("ETHUSDT", rate: 0.003)])
        #expect(try peers.allSatisfy { try $0.take().isEmpty })
        // Who asks over HTTP is told all the same, under another sequence.
        #expect(stage.live.sequence > known)
        let deltas = try #require(stage.live.gridChanges(after: known))
        let changes = deltas.reduce(into: GridChanges()) { $0.add($1) }
        #expect(changes.assets == ["BTC", "ETH"])

        stage.live.catchUp(at: stage.now, begin + .milliseconds(20))
        #expect(try peers[0].take().isEmpty)
        // One with a bad line is not waited for. The rest lasts as long as the taking took.
        for peer in peers.dropFirst() { peer.queue(0) }
        stage.live.catchUp(at: stage.now, begin + .milliseconds(40))
        stage.live.catchUp(at: stage.now, begin + .milliseconds(79))
        #expect(try peers[1].take().isEmpty)
        stage.live.catchUp(at: stage.now, begin + .milliseconds(80))
        let frames = try peers[1].take()
        #expect(frames.count == 1 && assets(frames[0]) == ["BTC", "ETH"])
        #expect(frames[0]["prev"]?.int == first["seq"]?.int)
        #expect(frames[0]["changed"]?[0]?["exchanges"]?["ByBit"]?["funding_rate"]?.double == 0.002)
    }

    @Test func aPollWaitsForNoRest() throws {
        var stage = Stage()
        let peers = try crowd(&stage)
        try stage.poll([Sample.change("BTCUSDT", rate: 0.001)])
        for peer in peers { peer.queue(1000) }
        try stage.stream([Sample.change("ETHUSDT", rate: 0.002)])
        try stage.poll([Sample.change("BTCUSDT", rate: 0.003)])
        #expect(try peers[0].take().count == 1)
        for peer in peers { peer.queue(0) }
        stage.live.catchUp(at: stage.now, stage.instant + .milliseconds(30))
        let frames = try peers[0].take()
        #expect(frames.count == 1 && assets(frames[0]) == ["BTC", "ETH"])
    }

    @Test func nobodyIsWaitedForWithoutEnd() throws {
        var stage = Stage()
        let peers = try crowd(&stage)
        try stage.poll([Sample.change("BTCUSDT", rate: 0.001)])
        for peer in peers { peer.queue(1000) }
        try stage.poll([Sample.change("BTCUSDT", rate: 0.002)])
        for milliseconds in stride(from: 0, through: 400, by: 5) {
            stage.live.catchUp(at: stage.now, stage.instant + .milliseconds(milliseconds))
        }
        #expect(try peers[0].take().count == 2)
    }

    @Test func fewAreToldAtOnce() throws {
        var stage = Stage()
        let peer = try stage.join(subscribing: "grid")
        peer.queue(1000)
        for rate in [0.001, 0.002, 0.003] { try stage.poll([Sample.change("BTCUSDT", rate: rate)]) }
        #expect(try peer.take().count == 3)
        #expect(!stage.live.isPacing)
    }

    /// Whatever is held back and whenever it goes out, each client's grid is the one there is in the end.
    @Test(arguments: 0..<20)
    func snapshotsAndChangesAddUp(seed: Int) throws {
        var random = SeededNumbers(seed: UInt64(seed))
        var stage = Stage()
        var listed: Set = ["BTCUSDT", "ETHUSDT"]
        var peers = (0..<Self.crowd).map { FakePeer("\($0)") }
        for peer in peers {
            stage.live.join(peer, session: "s")
            try stage.ask(#"{"op":"subscribe","channel":"grid"}"#, peer)
        }
        for round in 0..<40 {
            stage.instant += .milliseconds(Int.random(in: 0...60, using: &random))
            let moving = listed.filter { _ in Bool.random(using: &random) }
            let leaving = round > 20 ? listed.subtracting(moving).filter { $0 == "ETHUSDT" } : []
            listed.subtract(leaving)
            try stage.poll(
                moving.sorted().map { Sample.change($0, rate: Double.random(in: -1...1, using: &random)) },
                removed: Array(leaving))
            for peer in peers { peer.queue(Bool.random(using: &random) ? 1000 : 0) }
            if Bool.random(using: &random) { for peer in peers { peer.queue(0) } }
            stage.live.catchUp(at: stage.now, stage.instant)
            if Int.random(in: 0..<5, using: &random) == 0 {
                let peer = FakePeer("late \(round)")
                stage.live.join(peer, session: "s")
                try stage.ask(#"{"op":"subscribe","channel":"grid"}"#, peer)
                peers.append(peer)
            }
        }
        for peer in peers { peer.queue(0) }
        for _ in 0..<200 {
            stage.instant += .milliseconds(5)
            stage.live.catchUp(at: stage.now, stage.instant)
        }
        #expect(!stage.live.isPacing)
        let truth = stage.grid.rows.mapValues { $0.mapValues(\.cell.fundingRate) }
        for peer in peers {
            var reader = GridReader()
            for frame in try peer.take() { reader.take(frame) }
            #expect(reader.rates == truth)
            #expect(reader.isWhole)
        }
    }
}

/// What a client makes of snapshots and changes.
private struct GridReader {
    private(set) var rates: [String: [String: Double]] = [:]
    /// Whether each change named a predecessor that was there.
    private(set) var isWhole = true
    private var last = 0

    mutating func take(_ frame: JSONView) {
        guard frame["type"]?.string != "hello", let sequence = frame["seq"]?.int else { return }
        if let data = frame["data"] {
            rates = [:]
            for row in data["data"]?.elements.map({ $0 }) ?? [] { take(row: row) }
        } else {
            if let previous = frame["prev"]?.int, previous > last { isWhole = false }
            for row in frame["changed"]?.elements.map({ $0 }) ?? [] { take(row: row) }
            for asset in frame["removed"]?.elements.compactMap(\.string) ?? [] { rates[asset] = nil }
        }
        last = sequence
    }

    private mutating func take(row: JSONView) {
        guard let asset = row["asset"]?.string else { return }
        for (exchange, cell) in row["exchanges"]?.members.map({ $0 }) ?? [] {
            rates[asset, default: [:]][exchange] = cell["funding_rate"]?.double
        }
        for exchange in row["removed"]?.elements.compactMap(\.string) ?? [] { rates[asset]?[exchange] = nil }
    }
}
