import Testing

@testable import RedisDriver

struct RedisConfigurationTests {
    typealias Address = RedisConfiguration.Address

    struct Good: Sendable, CustomTestStringConvertible {
        var url: String
        var address: Address
        var user: String?
        var password: String?
        var database = 0
        var testDescription: String { url }
    }

    static let good: [Good] = [
        Good(url: "redis://localhost", address: .tcp(host: "localhost", port: 6379)),
        Good(url: "REDIS://localhost/", address: .tcp(host: "localhost", port: 6379)),
        Good(url: "redis://10.0.0.1:7000/3", address: .tcp(host: "10.0.0.1", port: 7000), database: 3),
        Good(url: "redis://[::1]:7000", address: .tcp(host: "::1", port: 7000)),
        Good(url: "redis://[::1]/2", address: .tcp(host: "::1", port: 6379), database: 2),
        Good(url: "redis://:secret@host", address: .tcp(host: "host", port: 6379), password: "secret"),
        Good(url: "redis://ann:@host", address: .tcp(host: "host", port: 6379), user: "ann", password: ""),
        Good(url: "redis://ann@host", address: .tcp(host: "host", port: 6379), user: "ann"),
        Good(
            url: "redis://an%40n:p%3Aa%2Fs%40s%25@host:1", address: .tcp(host: "host", port: 1), user: "an@n",
            password: "p:a/s@s%"),
        Good(url: "redis://u:a:b@host", address: .tcp(host: "host", port: 6379), user: "u", password: "a:b"),
        Good(url: "unix:///run/redis.sock", address: .unix(path: "/run/redis.sock")),
        Good(url: "redis+unix:///run/a%20b.sock?db=4", address: .unix(path: "/run/a b.sock"), database: 4),
        Good(url: "redis+unix://u:p@/s?db=1", address: .unix(path: "/s"), user: "u", password: "p", database: 1),
    ]

    @Test(arguments: good)
    func readsEveryForm(of good: Good) throws {
        let configuration = try RedisConfiguration(url: good.url)
        #expect(configuration.address == good.address)
        #expect(configuration.user == good.user)
        #expect(configuration.password == good.password)
        #expect(configuration.database == good.database)
    }

    @Test(arguments: [
        "", "localhost:6379", "http://localhost", "redis:/localhost", "redis://", "redis:///1", "redis://:6379",
        "redis://host:0", "redis://host:65536", "redis://host:abc", "redis://host:", "redis://host:+1",
        "redis://host/x", "redis://host/-1", "redis://host/1/2", "redis://host/99999999999999999999",
        "redis://host?db=1", "redis://host#1", "redis://@host", "redis://:@host", "redis://%zz@host", "redis://%4",
        "redis://%ff@host", "redis://[::1", "redis://[::1]x", "redis://ho%00st", "redis://a b", "redis://::1:80",
        "unix://", "unix:///", "unix://host/path", "redis+unix:///s?database=1", "redis+unix:///s?db=",
        "redis+unix:///s?db=x", "unix:///\(String(repeating: "a", count: 120))",
    ])
    func refusesABadURL(url: String) {
        let error = #expect(throws: RedisError.self) { try RedisConfiguration(url: url) }
        #expect(error?.kind == .configuration)
        #expect(error?.isTransient == false)
    }

    @Test func namesStunnelForTLS() {
        let error = #expect(throws: RedisError.self) { try RedisConfiguration(url: "rediss://host") }
        #expect(error?.kind == .configuration)
        #expect(error?.message.contains("stunnel") == true)
    }

    @Test(arguments: [
        "redis://u:hunter/2@host", "redis://u:hunter?2@host", "redis://u:hunter#2@host", "redis://u:hunter%2@host",
        "redis://u:hunter:2/@host:x", "http://u:hunter@host", "redis://u:hunter@host:port",
    ])
    func neverShowsThePasswordInAnError(url: String) {
        let error = #expect(throws: RedisError.self) { try RedisConfiguration(url: url) }
        #expect(error?.description.contains("hunter") == false)
    }

    @Test func neverPrintsThePassword() throws {
        let configuration = try RedisConfiguration(url: "redis://ann:hunter2@[::1]:7000/5")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("hunter2"))
        }
        #expect(configuration.safeDescription == "redis://ann:***@[::1]:7000/5")
        let local = try RedisConfiguration(url: "unix://:hunter2@/run/s?db=1")
        #expect(local.safeDescription == "redis+unix://:***@/run/s?db=1")
    }
}
