import Foundation
import FundingCore
import FundingExchanges
import FundingJSON
import Testing

/// A stream's connections from opening to reopening, over sockets that a test scripts.
@Suite(.timeLimit(.minutes(1)))
struct StreamClientTests {
    @Test func subscribesAnswersAndHears() async throws {
        let stage = StreamStage()
        await stage.client.follow(StreamStage.snapshots(3))
        let socket = try await stage.socket(1)
        try await socket.waitForSent(["subscribe a", "subscribe b"])
        socket.say(#"{"question":"ping 7"}"#)
        try await socket.waitForSent(["subscribe a", "subscribe b", "ping 7"])
        socket.say(#"{"rate":0.5,"symbol":"S1"}"#)
        try await stage.waitForNews(1)
        let state = try #require(await stage.client.connections().first)
        #expect(state.isOpen && state.openings == 1 && state.contracts == 3)
        #expect(state.meter?.messages == 2 && state.meter?.updates == 1)
        await stage.client.stop()
        #expect(socket.isClosed)
        #expect(await stage.client.connections().isEmpty)
    }

    @Test func nothingIsSaidBeforeTheGreeting() async throws {
        let stage = StreamStage(awaitsGreeting: true)
        await stage.client.follow(StreamStage.snapshots(1))
        let socket = try await stage.socket(1)
        try await Task.sleep(for: .milliseconds(100))
        #expect(socket.sent.isEmpty)
        socket.say(#"{"hello":true}"#)
        try await socket.waitForSent(["subscribe a", "subscribe b"])
        await stage.client.stop()
    }

    @Test func aBrokenConnectionIsOpenedAnewAndSubscribedInFull() async throws {
        let stage = StreamStage()
        await stage.client.follow(StreamStage.snapshots(2))
        let first = try await stage.socket(1)
        try await first.waitForSent(["subscribe a", "subscribe b"])
        first.end(StreamEnd(.lost, "cut"))
        let second = try await stage.socket(2)
        try await second.waitForSent(["subscribe a", "subscribe b"])
        let state = try #require(await stage.client.connections().first)
        #expect(state.openings == 2 && state.isOpen && state.lastEnd?.kind == .lost)
        await stage.client.stop()
    }

    @Test func messagesThatCannotBeReadAreCountedAndTooManyEndTheConnection() async throws {
        let stage = StreamStage()
        await stage.client.follow(StreamStage.snapshots(1))
        let first = try await stage.socket(1)
        for _ in 0..<5 { first.say("no JSON") }
        first.say(#"{"rate":0.5,"symbol":"S1"}"#)
        try await stage.waitForNews(1)
        #expect(await stage.client.connections().first?.meter?.unreadable == 5)
        for _ in 0..<25 { first.say("<html>") }
        _ = try await stage.socket(2)
        #expect(await stage.client.connections().first?.lastEnd?.kind == .unreadable)
        await stage.client.stop()
    }

    @Test func theSameSubscriptionsLeaveTheConnectionAlone() async throws {
        let stage = StreamStage()
        await stage.client.follow(StreamStage.snapshots(2))
        let first = try await stage.socket(1)
        await stage.client.follow(StreamStage.snapshots(2).reversed())
        await stage.client.follow(StreamStage.snapshots(3))
        try await Task.sleep(for: .milliseconds(100))
        #expect(!first.isClosed && stage.opened == 1)
        #expect(await stage.client.connections().first?.contracts == 3)
        await stage.client.follow(StreamStage.snapshots(10))
        let second = try await stage.socket(2)
        try await second.waitForSent(["subscribe a", "subscribe b", "subscribe c"])
        try await first.waitForClose()
        let state = try #require(await stage.client.connections().first)
        #expect(state.isOpen && state.openings == 1 && state.contracts == 10)
        await stage.client.stop()
    }

    @Test func anOpenConnectionReadsByTheTermsOfTheLatestPoll() async throws {
        let stage = StreamStage()
        await stage.client.follow(StreamStage.snapshots(1))
        let socket = try await stage.socket(1)
        socket.say(#"{"rate":0.5,"symbol":"S1"}"#)
        try await stage.waitForNews(1)
        await stage.client.follow(StreamStage.snapshots(2, every: .hourly))
        socket.say(#"{"rate":0.5,"symbol":"S1"}"#)
        socket.say(#"{"rate":0.5,"symbol":"S2"}"#)
        try await stage.waitForNews(3)
        #expect(stage.rates == [0.5, 1, 1])
        #expect(stage.opened == 1)
        await stage.client.stop()
    }

    @Test func anExchangeThatLetsNobodyInIsLeftAlone() async throws {
        let stage = StreamStage(refusal: StreamEnd(.blocked, "403", pause: .seconds(600)))
        await stage.client.follow(StreamStage.snapshots(1))
        try await stage.waitForOpenings(1)
        try await Task.sleep(for: .milliseconds(300))
        #expect(stage.opened == 1)
        let state = try #require(await stage.client.connections().first)
        #expect(!state.isOpen && state.lastEnd?.kind == .blocked)
        #expect(try #require(state.reopensAt).timeIntervalSinceNow > 590)
        await stage.client.stop()
    }

    @Test func stoppingEndsAConnectionThatIsStillWaiting() async throws {
        let stage = StreamStage(refusal: StreamEnd(.unreachable, "nobody there"))
        await stage.client.follow(StreamStage.snapshots(1))
        try await stage.waitForOpenings(1)
        await stage.client.stop()
        let opened = stage.opened
        try await Task.sleep(for: .milliseconds(50))
        #expect(stage.opened == opened)
    }

    @Test func aTicketLeadsToItsAddressOnTheGivenHost() async throws {
        let stage = StreamStage(hasTicket: true, base: "ws://127.0.0.1:9")
        await stage.client.follow(StreamStage.snapshots(1))
        _ = try await stage.socket(1)
        #expect(stage.urls == ["ws://127.0.0.1:9/token?x=1"])
        await stage.client.stop()
    }
}
