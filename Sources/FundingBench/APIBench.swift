import Foundation
import FundingCore
import FundingJSON
import PostgresDriver
import WebServer

/// Measures a running API on the whole market: how long its answers from the tables take, and how long a change takes from
/// the collector's commit to a thousand live clients.
struct APIBench {
    private enum Sizes {
        static let clients = 1000
        /// Two cycles of polls.
        static let watched = Duration.seconds(65)
        static let quick = 400
        static let crowded = 2000
    }

    let port: Int
    /// The collector's database, which keeps the times of commits.
    let pool: PostgresPool

    func run() async throws -> [BenchRow] {
        let requests = RequestBench(port: port)
        let contracts = try targets(requests)
        var rows = [
            latencies("history_by_contract", requests, contracts)
        ]
        let spreads = Self.opportunities
        if requests.get(spreads[0]).status == 200 { rows.append(latencies("opportunities_v2", requests, spreads)) }
        rows.append(try await live("live_1000_clients", .grid, compressed: true))
        rows.append(try await live("live_1000_clients_uncompressed", .grid, compressed: false))
        rows.append(try await live("live_1000_clients_of_rates", .rates, compressed: true))
        rows.append(try await live("live_1000_clients_of_pairs", .arbitrage, compressed: true))
        return rows
    }

    // MARK: Answers

    /// The history of every contract, in an order in which no exchange's contracts follow each other.
    private func targets(_ requests: RequestBench) throws -> [String] {
        let list = requests.get("/api/funding-rates?limit=5000&fields=exchange,symbol&sort_by=symbol")
        let allowed = CharacterSet.alphanumerics.union(["-", "_", "."])
        return try JSONDocument(list.body).root.elements.compactMap { row in
            guard let exchange = row["exchange"]?.string, let symbol = row["symbol"]?.string,
                let name = symbol.addingPercentEncoding(withAllowedCharacters: allowed)
            else { return nil }
            return "/api/historical-funding-by-contract/\(exchange)/\(name)?days=30"
        }
    }

    /// No two are the same, so that none is answered from what another has left.
    private static let opportunities = (0..<2500).map { number in
        let order = ["apr_spread", "rate_spread", "daily_spread", "open_interest"][number % 4]
        return "/api/arbitrage/opportunities-v2?min_spread=0.000\(number)&page=\(number % 7 + 1)&sort_by=\(order)"
    }

    private func latencies(_ name: String, _ requests: RequestBench, _ targets: [String]) -> BenchRow {
        let alone = requests.time(Array(targets.prefix(Sizes.quick)), connections: 1)
        let crowded = requests.time(
            Array(targets.dropFirst(Sizes.quick).prefix(Sizes.crowded)), connections: 32)
        return BenchRow(
            name: name,
            figures: [
                ("p50_ms", alone.median), ("p99_ms", alone.percentile(0.99)), ("p50_ms_32_connections", crowded.median),
                ("p99_ms_32_connections", crowded.percentile(0.99)),
            ])
    }

    // MARK: Pushes

    private enum Channel: String {
        case grid, rates, arbitrage
    }

    /// From the commit of each poll, as Postgres noted it, to the last byte of its change at each client; for pairs, from when
    /// the scanner computed the latest of them, before it wrote them. One more client hears rates and grid: rates name the
    /// poll, and the next change of the grid that saw its exchange tells of it.
    private func live(_ name: String, _ channel: Channel, compressed: Bool) async throws -> BenchRow {
        let clients = LiveClients()
        clients.join(1, port: port, channels: "rates,grid", compressed: false, keepsMessages: true)
        clients.join(1, port: port, channels: channel.rawValue, compressed: compressed, keepsMessages: true)
        clients.join(Sizes.clients - 1, port: port, channels: channel.rawValue, compressed: compressed)
        clients.read(for: .seconds(8))
        clients.forget()
        let before = clients.byteCount
        let begin = Date()
        clients.read(for: Sizes.watched)
        let bytes = clients.byteCount - before
        // What was under way arrives.
        clients.read(for: .seconds(3))
        let commits = try await commits(since: begin.addingTimeInterval(-1))
        let reference = clients.messages[1]
        let beginnings = try Self.beginnings(
            of: reference, on: channel, gridToldBy: clients.messages[0].map(\.payload), commits)
        var delays: [Double] = []
        var lagging = 0
        for messages in clients.messages.dropFirst() {
            // A client that was too slow has got a snapshot in place of what it missed.
            guard let offset = Self.offset(of: messages, in: reference) else {
                lagging += 1
                continue
            }
            for (place, message) in messages.enumerated() where beginnings.indices.contains(place + offset) {
                for beginning in beginnings[place + offset] { delays.append((message.time - beginning) * 1000) }
            }
        }
        delays.sort()
        var figures = [
            ("megabytes", Double(bytes) / 1e6), ("frames", Double(reference.count)),
            ("clients_that_lagged", Double(lagging)),
        ]
        // With every client too slow there is no time to tell.
        if !delays.isEmpty {
            figures += [
                ("p50_ms", delays[delays.count / 2]), ("p99_ms", delays[delays.count * 99 / 100]),
                ("worst_ms", delays[delays.count - 1]), ("samples", Double(delays.count)),
            ]
        }
        return BenchRow(name: name, figures: figures)
    }

    /// When what each message tells began: none where it tells of no poll.
    private static func beginnings(
        of messages: [LiveClients.Message], on channel: Channel, gridToldBy payloads: [[UInt8]],
        _ commits: [Poll: TimeInterval]
    ) throws -> [[TimeInterval]] {
        switch channel {
        case .grid:
            let told = try polls(toldBy: payloads)
            return try messages.map {
                told[try content(of: $0)["seq"]?.int ?? 0, default: []].compactMap { commits[$0] }
            }
        case .rates:
            var counter = PollCounter()
            return try messages.map { message in
                guard let poll = counter.poll(toldBy: try content(of: message))?.poll else { return [] }
                return commits[poll].map { [$0] } ?? []
            }
        case .arbitrage:
            return try messages.map { message in
                let content = try content(of: message)
                guard content["type"]?.isString("arbitrage") == true, let text = content["computed_at"]?.string,
                    let computedAt = Timestamp.parse(text)
                else { return [] }
                return [computedAt.timeIntervalSince1970]
            }
        }
    }

    /// Which poll of which exchange; two feeds of one exchange are told apart by their order.
    private struct Poll: Hashable {
        var batchID: String
        var exchange: String
        var place: Int
    }

    /// Reads rates' frames in their order.
    private struct PollCounter {
        private var places: [String: Int] = [:]

        /// The poll that a frame is the news of, and its exchange's name; nil for a stream's.
        mutating func poll(toldBy message: JSONView) -> (poll: Poll, exchange: String)? {
            guard message["type"]?.isString("rates") == true, message["partial"]?.bool == false,
                let batch = message["batch_id"]?.string, let exchange = message["exchange_id"]?.string,
                let name = message["exchange"]?.string
            else { return nil }
            let place = places[batch + exchange, default: 0]
            places[batch + exchange] = place + 1
            return (Poll(batchID: batch, exchange: exchange, place: place), name)
        }
    }

    /// By the sequence of each of the grid's frames, the polls that it tells of.
    private static func polls(toldBy payloads: [[UInt8]]) throws -> [Int: [Poll]] {
        var told: [Int: [Poll]] = [:]
        var waiting: [(poll: Poll, exchange: String)] = []
        var counter = PollCounter()
        for payload in payloads {
            let message = try JSONDocument(payload).root
            if let news = counter.poll(toldBy: message) {
                waiting.append(news)
            } else if message["type"]?.isString("grid") == true, let sequence = message["seq"]?.int {
                let seen = Set(message["observed"]?.members.map(\.key) ?? [])
                told[sequence] = waiting.filter { seen.contains($0.exchange) }.map(\.poll)
                waiting.removeAll { seen.contains($0.exchange) }
            }
        }
        return told
    }

    private static func content(of message: LiveClients.Message) throws -> JSONView {
        let json = message.isCompressed ? try Deflate.expand(message.payload, limit: 16 << 20) : message.payload
        return try JSONDocument(json).root
    }

    /// Where a client's messages begin among another's: both were sent the same, but looked at while some were under way.
    private static func offset(of messages: [LiveClients.Message], in reference: [LiveClients.Message]) -> Int? {
        let most = 3
        return (-most...most).first { offset in
            let pairs = messages.indices.filter { reference.indices.contains($0 + offset) }
            return pairs.count + most >= max(messages.count, reference.count)
                && pairs.allSatisfy { messages[$0].size == reference[$0 + offset].size }
        }
    }

    /// When polls were committed, in seconds since 1970.
    private func commits(since begin: Date) async throws -> [Poll: TimeInterval] {
        let rows = try await pool.query(
            """
            SELECT c.batch_id, h.exchange,
                   extract(epoch FROM pg_xact_commit_timestamp(c.xmin))::float8 AS committed_at,
                   row_number() OVER (PARTITION BY c.batch_id, h.exchange
                                          ORDER BY pg_xact_commit_timestamp(c.xmin))::integer - 1 AS place
              FROM collection_cycles c
              JOIN exchange_health h ON h.feed = c.feed
             WHERE c.started_at > \(begin.addingTimeInterval(-60)) AND c.outcome IN ('success', 'partial')
            """)
        return try Dictionary(
            rows.map { row in
                (
                    Poll(
                        batchID: try row.decode("batch_id"), exchange: try row.decode("exchange"),
                        place: try row.decode("place")),
                    try row.decode("committed_at")
                )
            }, uniquingKeysWith: { first, _ in first })
    }
}
