/// The parts of a Redis URL. The grammar is small and strict, so that a typing error is named instead of guessed around.
struct RedisURL {
    let address: RedisConfiguration.Address
    let user: String?
    let password: String?
    let database: Int

    init(_ url: String) throws(RedisError) {
        guard let scheme = url.firstRange(of: "://") else {
            throw Self.fault("expected redis://host:port/database or redis+unix:///path?db=database")
        }
        let rest = url[scheme.upperBound...]
        switch url[..<scheme.lowerBound].lowercased() {
        case "redis":
            (address, user, password, database) = try Self.network(rest)
        case "redis+unix", "unix":
            (address, user, password, database) = try Self.local(rest)
        case "rediss":
            throw Self.fault(
                "rediss:// is not supported, as hiredis 0.14 has no TLS: run stunnel and use redis:// to it")
        default:
            throw Self.fault("the scheme must be redis, redis+unix or unix")
        }
    }

    private typealias Parts = (RedisConfiguration.Address, user: String?, password: String?, database: Int)

    private static func network(_ rest: Substring) throws(RedisError) -> Parts {
        if rest.contains(where: { $0 == "?" || $0 == "#" }) {
            throw fault("redis:// takes no query or fragment; encode ? and # in a password as %3F and %23")
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let (login, place) = try Self.login(in: rest[..<slash])
        let path = rest[slash...].dropFirst()
        let number = path.isEmpty ? 0 : try database(path)
        let (host, port) = try hostAndPort(place)
        return (.tcp(host: host, port: port), login.user, login.password, number)
    }

    private static func local(_ rest: Substring) throws(RedisError) -> Parts {
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let (login, place) = try Self.login(in: rest[..<slash])
        guard place.isEmpty else { throw fault("a socket's path begins with a slash: redis+unix:///path") }
        let pieces = rest[slash...].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = try decoded(pieces[0], "path")
        // sun_path holds 108 bytes with the closing zero.
        guard path.utf8.count > 1, path.utf8.count < 108, !path.utf8.contains(0) else {
            throw fault("a socket's path must have 2 to 107 bytes")
        }
        var number = 0
        if pieces.count == 2 {
            guard pieces[1].hasPrefix("db=") else { throw fault("the only option of a socket URL is db=database") }
            number = try database(pieces[1].dropFirst(3))
        }
        return (.unix(path: path), login.user, login.password, number)
    }

    /// Splits `user:password@place`; the last @ counts, so that an unencoded one cannot turn into a host name.
    private static func login(
        in authority: Substring
    ) throws(RedisError) -> ((user: String?, password: String?), place: Substring) {
        guard let at = authority.lastIndex(of: "@") else { return ((nil, nil), authority) }
        let place = authority[authority.index(after: at)...]
        let pieces = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let user = try decoded(pieces[0], "user")
        let password = pieces.count == 2 ? try decoded(pieces[1], "password") : nil
        if user.isEmpty, password?.isEmpty ?? true { throw fault("the login before @ is empty") }
        return ((user.isEmpty ? nil : user, password), place)
    }

    private static func hostAndPort(_ place: Substring) throws(RedisError) -> (String, Int) {
        var host = place
        var port: Substring?
        if place.hasPrefix("[") {
            guard let end = place.firstIndex(of: "]") else { throw fault("an IPv6 host must end in ]") }
            host = place[place.index(after: place.startIndex)..<end]
            let after = place[place.index(after: end)...]
            guard after.isEmpty || after.hasPrefix(":") else { throw fault("expected :port after the IPv6 host") }
            port = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = place.firstIndex(of: ":") {
            host = place[..<colon]
            port = place[place.index(after: colon)...]
        }
        let name = try decoded(host, "host")
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw fault("the host is missing or has a character no host name has")
        }
        guard let port else { return (name, 6379) }
        guard let number = digits(port), (1...65_535).contains(number) else {
            throw fault("the port must be a number from 1 to 65535; encode : / and @ in a password")
        }
        return (name, number)
    }

    private static func database(_ text: Substring) throws(RedisError) -> Int {
        guard let number = digits(text) else { throw fault("the database must be a number such as 0 or 1") }
        return number
    }

    /// Plain decimal digits only: `Int` would also take a sign.
    private static func digits(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }

    private static func decoded(_ text: Substring, _ part: String) throws(RedisError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else {
                throw fault("a % in the \(part) must be followed by two hexadecimal digits")
            }
            bytes.append(high << 4 | low)
        }
        guard let result = String(validating: bytes, as: UTF8.self) else { throw fault("the \(part) is not UTF-8") }
        return result
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        Character(UnicodeScalar(byte)).hexDigitValue.map { UInt8($0) }
    }

    private static func fault(_ message: String) -> RedisError {
        RedisError(.configuration, "Redis URL: \(message)")
    }
}
