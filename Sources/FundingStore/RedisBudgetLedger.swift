import Foundation
public import FundingCore
public import RedisDriver

/// The budgets of exchanges in Redis: what `RequestWindow` is in one process, on the server's clock and taken from by a
/// script, so that what one process takes is gone for all others. Forgotten when nobody asks for a while.
public struct RedisBudgetLedger: BudgetLedger {
    private let redis: RedisConnection
    /// In microseconds, instead of the server's.
    private let clock: (@Sendable () -> Int)?

    public init(_ redis: RedisConnection) { self.init(redis, clock: nil) }

    init(_ redis: RedisConnection, clock: (@Sendable () -> Int)?) {
        self.redis = redis
        self.clock = clock
    }

    /// What is kept: the cells `{index, weight, live}` that count, what live requests need and since when, and when the
    /// next background request is due. Times are in microseconds.
    private static let window = """
        local now = tonumber(ARGV[1])
        if now < 0 then
            local time = redis.call('TIME')
            now = time[1] * 1000000 + time[2]
        end
        local allowance, length = tonumber(ARGV[2]), tonumber(ARGV[3])
        local cell = length / \(RequestWindow.Terms.cells)
        local remembered = \(RequestWindow.Terms.rememberedWindows) * length
            + \(RequestWindow.Terms.rememberedSeconds) * 1000000
        local bytes = redis.call('GET', KEYS[1])
        local kept = bytes and cmsgpack.unpack(bytes) or {cells = {}, need = 0, needed_at = now, pace = now - length}
        local cells, used, live = {}, 0, 0
        for _, c in ipairs(kept.cells) do
            if c[1] >= math.floor(now / cell) - \(RequestWindow.Terms.cells) then
                cells[#cells + 1] = c
                used, live = used + c[2], live + c[3]
            end
        end
        kept.cells = cells
        local function add(weight, of_live)
            local index = math.floor(now / cell)
            local last = cells[#cells]
            if not last or last[1] < index then
                last = {index, 0, 0}
                cells[#cells + 1] = last
            end
            last[2], last[3] = last[2] + weight, last[3] + of_live
        end
        local function keep()
            redis.call('SET', KEYS[1], cmsgpack.pack(kept), 'PX', math.ceil((remembered + 2 * length) / 1000))
        end

        """

    private static let takeWeight =
        window + """
            local paused = redis.call('PTTL', KEYS[2])
            if paused > 0 then return {-1, paused, redis.call('GET', KEYS[2])} end
            local weight, is_live = tonumber(ARGV[4]), ARGV[5] == '\(RequestUrgency.live.rawValue)'
            if now > kept.needed_at + remembered then kept.need, kept.needed_at = live, now end
            local function wait(wanted, part)
                local freed, last = 0, cells[#cells]
                for _, c in ipairs(cells) do
                    freed = freed + part(c)
                    if freed + 1e-9 >= wanted then last = c; break end
                end
                keep()
                local left = last and (last[1] + \(RequestWindow.Terms.cells) + 1) * cell - now or 0
                return {0, math.ceil(left), ''}
            end
            if is_live then
                if live + weight >= kept.need then kept.need, kept.needed_at = live + weight, now end
                if used > 0 and used + weight > allowance + 1e-9 then
                    return wait(used + weight - allowance, function (c) return c[2] end)
                end
            else
                local left = math.min(kept.need, allowance * \(RequestWindow.Terms.liveShare))
                local pace = math.max(kept.pace, now - \(RequestWindow.Terms.lag) * length)
                if pace > now then
                    keep()
                    return {0, math.ceil(pace - now), ''}
                end
                local room = allowance - math.max(left, live)
                local others = used - live
                if used > 0 and others + weight > room + 1e-9 then
                    return wait(others + weight - room, function (c) return c[2] - c[3] end)
                end
                kept.pace = pace + weight / (allowance - left) * (length + cell)
            end
            add(weight, is_live and weight or 0)
            keep()
            return {1, 0, ''}
            """

    private static let takeUpTo =
        window + """
            local stated = tonumber(ARGV[4])
            if stated > used then
                add(stated - used, 0)
                keep()
            end
            return 1
            """

    private static let pause = """
        if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[1]) end
        return 1
        """

    public func take(_ weight: Double, _ urgency: RequestUrgency, of budget: SharedBudget) async throws
        -> LedgerDecision
    {
        let reply = try await redis.send(
            ["EVAL", RedisArgument(Self.takeWeight), "2", Self.key(of: budget), Self.pauseKey(of: budget.host)]
                + arguments(of: budget) + [RedisArgument("\(weight)"), RedisArgument(urgency.rawValue)]
        )
        guard let parts = reply.elements, parts.count == 3, let verdict = parts[0].int, let left = parts[1].int
        else { throw StoreError("the budget of \(budget.host) answered \(reply)") }
        switch verdict {
        case 1: return .granted
        case 0: return .wait(.microseconds(max(1000, left)))
        default: return .paused(.milliseconds(left), reason: parts[2].text ?? "")
        }
    }

    public func take(upTo used: Double, of budget: SharedBudget) async throws {
        _ = try await redis.send(
            ["EVAL", RedisArgument(Self.takeUpTo), "1", Self.key(of: budget)] + arguments(of: budget)
                + [RedisArgument("\(used)")]
        )
    }

    public func pause(_ host: String, for duration: Duration, because reason: String) async throws {
        let milliseconds = Int(max(1, duration / .milliseconds(1)))
        _ = try await redis.send([
            "EVAL", RedisArgument(Self.pause), "1", Self.pauseKey(of: host), RedisArgument("\(milliseconds)"),
            RedisArgument(reason),
        ])
    }

    private func arguments(of budget: SharedBudget) -> [RedisArgument] {
        [
            RedisArgument("\(clock?() ?? -1)"), RedisArgument("\(budget.allowance)"),
            RedisArgument("\(budget.window / .microseconds(1))"),
        ]
    }

    private static func key(of budget: SharedBudget) -> RedisArgument {
        RedisArgument("funding:window:\(budget.host):\(budget.name)")
    }

    private static func pauseKey(of host: String) -> RedisArgument { RedisArgument("funding:pause:\(host)") }
}
