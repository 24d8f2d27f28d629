import NIOConcurrencyHelpers
import Testing

@testable import WebServer

/// What waits for a client's handler.
struct WebSocketInboxTests {
    @Test func roomIsAnnouncedOnceAndNotBeforeThereIsSome() async {
        let announced = NIOLockedValueBox(0)
        let inbox = WebSocketInbox(longest: 16) { announced.withLockedValue { $0 += 1 } }
        for number in 0..<100 { inbox.put("\(number)") }
        for number in 0..<68 { #expect(await inbox.next() == "\(number)") }
        #expect(!inbox.hasRoom)
        #expect(announced.withLockedValue { $0 } == 0)
        for number in 68..<100 { #expect(await inbox.next() == "\(number)") }
        #expect(inbox.hasRoom)
        #expect(announced.withLockedValue { $0 } == 1)
    }

    @Test func moreBytesThanTwiceItsMeasureAreTooMany() async {
        let inbox = WebSocketInbox(longest: 10) {}
        for _ in 0..<64 { inbox.put("0123456789") }
        #expect(!inbox.isOverfull)
        inbox.put("0")
        #expect(inbox.isOverfull)
        _ = await inbox.next()
        #expect(!inbox.isOverfull)
    }
}
