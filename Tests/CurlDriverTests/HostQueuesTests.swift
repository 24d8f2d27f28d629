import Testing

@testable import CurlDriver

/// Who may start, and who is next.
@Suite struct HostQueuesTests {
    private final class Item {}

    @Test func placesAreGivenInTheOrderOfComing() {
        var queues = HostQueues<Item>(limit: 2)
        let items = (0..<4).map { _ in Item() }
        let mayStart = items.map { queues.enter($0, at: "a") }
        #expect(mayStart == [true, true, false, false])
        #expect(queues.leave("a") === items[2])
        #expect(queues.leave("a") === items[3])
        #expect(queues.leave("a") == nil)
        #expect(queues.leave("a") == nil)
        #expect(queues.enter(Item(), at: "a") == true)
    }

    @Test func hostsDoNotShareTheirPlaces() {
        var queues = HostQueues<Item>(limit: 1)
        #expect(queues.enter(Item(), at: "a") == true)
        #expect(queues.enter(Item(), at: "b") == true)
        #expect(queues.enter(Item(), at: "a") == false)
        #expect(queues.leave("b") == nil)
    }

    @Test func whoWithdrawsIsPassedOver() {
        var queues = HostQueues<Item>(limit: 1)
        let (first, second, third) = (Item(), Item(), Item())
        let mayStart = [first, second, third].map { queues.enter($0, at: "a") }
        #expect(mayStart == [true, false, false])
        #expect(queues.withdraw(second, from: "a") == true)
        #expect(queues.withdraw(second, from: "a") == false)
        #expect(queues.withdraw(first, from: "a") == false, "a running item does not wait")
        #expect(queues.waiting.map { $0 === third } == [true])
        #expect(queues.leave("a") === third)
        #expect(queues.leave("a") == nil)
    }
}
