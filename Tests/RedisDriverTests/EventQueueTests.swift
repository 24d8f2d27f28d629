import Testing

@testable import RedisDriver

struct EventQueueTests {
    private func message(_ number: Int) -> RedisSubscriptionEvent {
        .message(channel: "c", payload: Array(String(number).utf8))
    }

    private func drained(_ queue: EventQueue) -> [RedisSubscriptionEvent] {
        var queue = queue
        var events: [RedisSubscriptionEvent] = []
        while let event = queue.next() { events.append(event) }
        return events
    }

    @Test func keepsTheOrderWhileThereIsRoom() {
        var queue = EventQueue(messageLimit: 4, byteLimit: 1000)
        let events = [
            .subscribed, message(1), message(2), .interrupted(reason: "a"), .subscribed, message(3), message(4),
        ]
        for event in events { queue.append(event) }
        #expect(drained(queue) == events)
    }

    @Test func dropsTheOldestAndCountsExactly() {
        var queue = EventQueue(messageLimit: 3, byteLimit: 1000)
        queue.append(.subscribed)
        for number in 1...1_000 { queue.append(message(number)) }
        #expect(drained(queue) == [.subscribed, .overflowed(dropped: 997), message(998), message(999), message(1_000)])
    }

    @Test func dropsTheOldestBeyondItsBytesAndKeepsTheNewest() {
        func message(_ size: Int) -> RedisSubscriptionEvent {
            .message(channel: "c", payload: Array(repeating: 0, count: size))
        }
        var queue = EventQueue(messageLimit: 100, byteLimit: 10)
        for size in [4, 3, 3, 5] { queue.append(message(size)) }
        #expect(drained(queue) == [.overflowed(dropped: 2), message(3), message(5)])
        queue.append(message(11))
        #expect(drained(queue) == [.overflowed(dropped: 4), message(11)], "alone it may be of any size")
        while queue.next() != nil {}
        for size in [6, 4] { queue.append(message(size)) }
        #expect(drained(queue) == [message(6), message(4)], "what was taken counts no more")
    }

    @Test func countsAnewAfterReportingAnOverflow() {
        var queue = EventQueue(messageLimit: 2, byteLimit: 1000)
        for number in 1...5 { queue.append(message(number)) }
        #expect(queue.next() == .overflowed(dropped: 3))
        #expect(queue.next() == message(4))
        for number in 6...7 { queue.append(message(number)) }
        #expect(drained(queue) == [.overflowed(dropped: 1), message(6), message(7)])
    }

    @Test func anOverflowNeverLosesAnInterruption() {
        var queue = EventQueue(messageLimit: 2, byteLimit: 1000)
        queue.append(.subscribed)
        queue.append(message(1))
        queue.append(.interrupted(reason: "a"))
        queue.append(.subscribed)
        for number in 2...4 { queue.append(message(number)) }
        let expected: [RedisSubscriptionEvent] = [
            .subscribed, .interrupted(reason: "a"), .subscribed, .overflowed(dropped: 2), message(3), message(4),
        ]
        #expect(drained(queue) == expected)
    }

    @Test func endlessInterruptionsTakeNoRoom() {
        var queue = EventQueue(messageLimit: 2, byteLimit: 1000)
        queue.append(.subscribed)
        queue.append(message(1))
        for round in 1...1_000 {
            queue.append(.interrupted(reason: "\(round)"))
            queue.append(.subscribed)
        }
        #expect(drained(queue) == [.subscribed, message(1), .interrupted(reason: "1"), .subscribed])
    }

    @Test func interruptionsBetweenDroppedMessagesBecomeOne() {
        var queue = EventQueue(messageLimit: 1, byteLimit: 1000)
        for round in 1...1_000 {
            queue.append(.subscribed)
            queue.append(message(round))
            queue.append(.interrupted(reason: "\(round)"))
        }
        let expected: [RedisSubscriptionEvent] = [
            .subscribed, .interrupted(reason: "1"), .subscribed, .overflowed(dropped: 999), message(1_000),
            .interrupted(reason: "1000"),
        ]
        #expect(drained(queue) == expected)
    }
}
