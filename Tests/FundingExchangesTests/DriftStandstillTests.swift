import CurlDriver
import Foundation
import FundingCore
import FundingExchanges
import Testing

/// The old host goes on answering with the rates of the day it was halted.
@Suite struct DriftStandstillTests {
    private static func markets(settledAt seconds: Int) -> String {
        """
        {"success":true,"markets":[{"symbol":"SOL-PERP","marketIndex":0,"marketType":"perp","status":"active",\
        "baseAsset":"SOL","quoteAsset":"USDC","oraclePrice":"84.69","markPrice":"84.65",\
        "openInterest":{"long":"1","short":"-1"},"fundingRate":{"long":"0.001210","short":"-0.001210"},\
        "fundingRateUpdateTs":\(seconds)}]}
        """
    }

    private func exchange(settledAt seconds: Int) throws -> ScriptedExchange {
        try ScriptedExchange("drift") { _, _ in HTTPResponse(200, Self.markets(settledAt: seconds)) }
    }

    @Test func aHostThatStandsStillHasNoRates() async throws {
        // 2026-04-01, the day of the halt.
        let error = try await exchange(settledAt: 1_775_066_400).failure()
        #expect(error.kind == .unreadable)
        #expect(error.detail.contains("suspended:1"))
    }

    @Test func theSameBodyIsReadWhileItIsFresh() async throws {
        let settled = Int(Recording.now.timeIntervalSince1970) - 1800
        let poll = try await exchange(settledAt: settled).poller.poll()
        #expect(poll.snapshots.map(\.contract.symbol) == ["SOL-PERP"])
        #expect(poll.snapshots.first?.fundingRate == -0.0000121)
    }
}
