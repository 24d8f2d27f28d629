import Testing
import WebServer

@testable import FundingAPI
@testable import FundingRuntime

/// What must not hold up the end of the process.
struct EndingTests {
    @Test func theServerGivesUpBeforeTheProcessDoes() {
        #expect(WebServerConfiguration().shutdownTimeout < ServiceProcess.patience)
    }

    @Test func aFileIsNotEndedByAShutdownBeforeItsLastRow() {
        let body = WebResponse.csvFile("rates.csv") { _ in }.body
        let isDownload = if case .download = body { true } else { false }
        #expect(isDownload)
    }

    @Test(.timeLimit(.minutes(1))) func whoIsCancelledWaitsForNoReading() async throws {
        let cache = AnswerCache(nil)
        let (begun, tell) = AsyncStream.makeStream(of: Void.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let asking = Task {
            try await cache.bytes("name", for: .seconds(60)) {
                tell.finish()
                // Heeds no cancellation, as a database out of reach.
                await Task { for await _ in gate {} }.value
                return [1]
            }
        }
        for await _ in begun {}
        asking.cancel()
        await #expect(throws: CancellationError.self) { try await asking.value }
        // Whoever comes next does not wait for what was given up.
        #expect(try await cache.bytes("name", for: .seconds(60)) { [2] } == [2])
        open.finish()
    }

    @Test func theOthersAreAnsweredWhenOneIsCancelled() async throws {
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let flight = Flight<Int> {
            for await _ in gate {}
            return Task.isCancelled ? 0 : 7
        }
        #expect(flight.join())
        let hasty = Task { try await flight.value() }
        let patient = Task { try await flight.value() }
        hasty.cancel()
        await #expect(throws: CancellationError.self) { try await hasty.value }
        open.finish()
        #expect(try await patient.value == 7)
        #expect(!flight.join())
    }

    @Test(.timeLimit(.minutes(1))) func withTheLastWhoWaitsTheReadingIsCancelled() async throws {
        let (ending, tell) = AsyncStream.makeStream(of: Void.self)
        let flight = Flight<Int> {
            defer { tell.finish() }
            try await Task.sleep(for: .seconds(3_600))
            return 1
        }
        let waiter = Task { try await flight.value() }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        #expect(!flight.isUnderWay)
        for await _ in ending {}
    }
}
