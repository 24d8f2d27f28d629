import Testing

@testable import RedisDriver

struct SmallPartsTests {
    @Test func encodesCommandsAsTheProtocolWantsThem() {
        let encoded = EncodedCommands([["SET", "kä", 5], ["PING"]])
        let expected = "*3\r\n$3\r\nSET\r\n$3\r\nkä\r\n$1\r\n5\r\n*1\r\n$4\r\nPING\r\n"
        #expect(encoded.bytes.filter { $0 != 0 } == Array(expected.utf8))
        #expect(encoded.range(of: 1) == 30..<44)
    }

    @Test func theFirstRetryIsQuickAndLaterOnesAreCapped() {
        var backoff = ReconnectBackoff()
        let limits = (0..<8).map { _ in backoff.delay(fraction: 1) }
        let expected: [Duration] = [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000].map { .milliseconds($0) }
        #expect(limits == expected)
        backoff.connectionEnded(after: .milliseconds(10))
        #expect(backoff.delay(fraction: 1) == .seconds(5))
        backoff.connectionEnded(after: .seconds(2))
        #expect(backoff.delay(fraction: 0.5) == .milliseconds(50))
    }

    @Test func aQueueKeepsItsOrderWhileItReclaimsRoom() {
        var queue = FIFO<Int>()
        var taken: [Int] = []
        for number in 0..<10_000 {
            queue.append(number)
            if number % 3 != 0, let first = queue.popFirst() { taken.append(first) }
        }
        #expect(taken.count + queue.count == 10_000)
        #expect(taken + queue.removeAll() == Array(0..<10_000))
    }

    @Test(arguments: [
        ("WRONGTYPE Operation against", "WRONGTYPE", "Operation against"), ("ERR no such key", "ERR", "no such key"),
        ("something odd", "ERR", "something odd"), ("NOAUTH", "NOAUTH", ""), ("", "ERR", ""),
    ])
    func partsAnErrorReply(text: String, code: String, message: String) {
        let parts = RedisError.split(text)
        #expect(parts.code == code)
        #expect(parts.message == message)
    }

    @Test func onlyAskingAgainHelpsTransientErrors() {
        #expect(RedisError(.timedOut, "").isTransient)
        #expect(RedisError(serverReply: "LOADING Redis is loading").isTransient)
        #expect(!RedisError(serverReply: "WRONGTYPE x").isTransient)
        #expect(!RedisError(.closed, "").isTransient)
        #expect(RedisError(serverReply: "ERR max number of clients reached").kind == .connect)
    }

    @Test func aClientNameIsPrintable() {
        #expect(Handshake.clientName("my api\nü") == "my-api---")
    }
}
