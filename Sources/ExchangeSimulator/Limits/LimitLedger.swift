/// Counts what each client of each exchange has asked. Takes the time as an argument, in milliseconds.
struct LimitLedger: Sendable {
    private struct Account: Sendable {
        var used = 0.0
        var updatedAt = 0
        var shutOutUntil = 0
        var isBanned = false
        var ignoredRefusals = 0
        var bans = 0
    }

    private struct Key: Hashable {
        var feed: String
        var client: String
        var limit: String
    }

    private var accounts: [Key: Account] = [:]
    /// More than any test needs; beyond it all accounts are forgotten, so that memory stays bounded.
    private static let maximumAccounts = 10_000

    /// Three days: no exchange bans longer.
    private static let longestBan = 259_200

    /// Charges a request to a client, or says why not. A refused request costs nothing.
    mutating func charge(
        _ cost: [String: Double], to client: String, of exchange: any PlayedExchange, at now: Int
    ) -> LimitRefusal? {
        if accounts.count > Self.maximumAccounts { accounts.removeAll() }
        // A client that is shut out by one limit is shut out altogether, as a ban is the address's.
        for limit in exchange.limits {
            let key = Key(feed: exchange.feed, client: client, limit: limit.name)
            if let refusal = refusalInForce(key, limit, at: now, isConcerned: cost[limit.name] != nil) {
                return refusal
            }
        }
        for limit in exchange.limits {
            guard let weight = cost[limit.name] else { continue }
            let key = Key(feed: exchange.feed, client: client, limit: limit.name)
            var account = replenished(accounts[key] ?? Account(updatedAt: now), limit, at: now)
            defer { accounts[key] = account }
            guard account.used + weight > limit.capacity else { continue }
            let wait = limit.shutOut ?? secondsUntilRoom(for: weight, account, limit, at: now)
            account.shutOutUntil = now + wait * 1000
            account.ignoredRefusals = 0
            return LimitRefusal(limit: limit.name, retryAfter: wait, isBan: false)
        }
        add(cost, to: client, of: exchange, at: now)
        return nil
    }

    /// Adds a cost that was known only afterwards.
    mutating func add(_ cost: [String: Double], to client: String, of exchange: any PlayedExchange, at now: Int) {
        for limit in exchange.limits {
            guard let weight = cost[limit.name] else { continue }
            let key = Key(feed: exchange.feed, client: client, limit: limit.name)
            var account = replenished(accounts[key] ?? Account(updatedAt: now), limit, at: now)
            account.used += weight
            accounts[key] = account
        }
    }

    /// What a client has used of each limit.
    func used(by client: String, of exchange: any PlayedExchange, at now: Int) -> [String: Double] {
        var used: [String: Double] = [:]
        for limit in exchange.limits {
            let key = Key(feed: exchange.feed, client: client, limit: limit.name)
            used[limit.name] = accounts[key].map { replenished($0, limit, at: now).used } ?? 0
        }
        return used
    }

    private mutating func refusalInForce(
        _ key: Key, _ limit: RequestLimit, at now: Int, isConcerned: Bool
    ) -> LimitRefusal? {
        guard var account = accounts[key], now < account.shutOutUntil else {
            accounts[key]?.isBanned = false
            return nil
        }
        guard isConcerned || account.isBanned || limit.shutOut != nil else { return nil }
        account.ignoredRefusals += 1
        if let ban = limit.ban, !account.isBanned, account.ignoredRefusals > RequestLimit.patience {
            account.isBanned = true
            account.shutOutUntil = now + min(ban << account.bans, Self.longestBan) * 1000
            account.bans += 1
        }
        accounts[key] = account
        let wait = (account.shutOutUntil - now + 999) / 1000
        return LimitRefusal(limit: limit.name, retryAfter: wait, isBan: account.isBanned)
    }

    private func replenished(_ account: Account, _ limit: RequestLimit, at now: Int) -> Account {
        var account = account
        switch limit.refill {
        case .window(let seconds):
            if now.floored(to: seconds * 1000) > account.updatedAt { account.used = 0 }
        case .steady(let perSecond):
            account.used = max(0, account.used - Double(max(0, now - account.updatedAt)) / 1000 * perSecond)
        }
        account.updatedAt = max(account.updatedAt, now)
        return account
    }

    private func secondsUntilRoom(for weight: Double, _ account: Account, _ limit: RequestLimit, at now: Int) -> Int {
        switch limit.refill {
        case .window(let seconds):
            let length = seconds * 1000
            return max(1, (now.floored(to: length) + length - now + 999) / 1000)
        case .steady(let perSecond):
            return max(1, Int(((account.used + weight - limit.capacity) / perSecond).rounded(.up)))
        }
    }
}
