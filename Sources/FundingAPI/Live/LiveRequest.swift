import FundingCore
import FundingJSON

/// What can be subscribed to.
enum LiveChannel: String, Sendable, CaseIterable {
    /// Every contract's changes as they come.
    case rates
    /// The grid: a snapshot, then what differs.
    case grid
    /// The pairs that stand in rankings: a snapshot of the widest, then what differs.
    case arbitrage
    /// Exchanges whose polls begin or cease to fail. Whoever hears any other channel hears this one as well.
    case health
    /// Listings, delistings and changed terms.
    case contracts
    /// How far a backfill is.
    case backfill
    /// The settings were changed: fetch them over HTTP.
    case settings
    /// Contracts whose current rate stands elsewhere among its last 30 days.
    case statistics

    /// Whether a subscription begins with all there is; one more takes its place then, elsewhere it is added.
    var hasSnapshot: Bool {
        switch self {
        case .grid, .arbitrage: true
        case .rates, .health, .contracts, .backfill, .settings, .statistics: false
        }
    }
}

/// What a live client asks.
enum LiveRequest: Sendable, Equatable {
    case subscribe(LiveChannel, LiveScope)
    case unsubscribe(LiveChannel, LiveScope)
    case ping(id: Int?)
    case resume(sequence: Int)

    /// Whether the answer is made for the one who asks.
    var takesWork: Bool {
        switch self {
        case .subscribe, .resume: true
        case .unsubscribe, .ping: false
        }
    }

    /// Why a request is not understood or not granted.
    struct Fault: Error, Sendable, Equatable {
        var code: String
        var detail: String
    }

    /// Reads one text message.
    init(_ text: String) throws(Fault) {
        let root: JSONView
        do {
            root = try JSONDocument(Array(text.utf8)).root
        } catch {
            throw Fault(code: "bad_request", detail: "The message is not JSON")
        }
        switch root["op"]?.string {
        case "subscribe": self = .subscribe(try Self.channel(root), try LiveScope(root))
        case "unsubscribe": self = .unsubscribe(try Self.channel(root), try LiveScope(root))
        case "ping": self = .ping(id: root["id"]?.int)
        case "resume":
            guard let sequence = root["seq"]?.int else {
                throw Fault(code: "bad_request", detail: "resume needs seq, a whole number")
            }
            self = .resume(sequence: sequence)
        default:
            throw Fault(code: "bad_request", detail: "op must be subscribe, unsubscribe, ping or resume")
        }
    }

    static func channel(named name: String) throws(Fault) -> LiveChannel {
        guard let channel = LiveChannel(rawValue: name) else {
            let known = LiveChannel.allCases.map(\.rawValue).joined(separator: ", ")
            throw Fault(code: "bad_channel", detail: "There is no channel \(name.prefix(40)); channels are \(known)")
        }
        return channel
    }

    private static func channel(_ root: JSONView) throws(Fault) -> LiveChannel {
        guard let name = root["channel"]?.string else {
            throw Fault(code: "bad_channel", detail: "channel is missing")
        }
        return try channel(named: name)
    }
}

/// Which part of a channel: nil means all of it.
struct LiveScope: Sendable, Hashable {
    /// As the client wrote them, in lower case.
    var exchanges: Set<String>?
    /// In capitals, without the kind that the grid may add.
    var assets: Set<String>?

    init(exchanges: Set<String>? = nil, assets: Set<String>? = nil) {
        self.exchanges = exchanges
        // What is pushed says which ticker moved and not of which kind.
        self.assets = assets.map { names in Set(names.map { AssetName($0).baseAsset }) }
    }

    init(_ root: JSONView) throws(LiveRequest.Fault) {
        let exchanges = try Self.names("exchanges", root)
        let assets = try Self.names("assets", root)
        self.init(
            exchanges: exchanges.map { names in Set(names.map { $0.lowercased() }) }, assets: assets.map { Set($0) })
    }

    private static func names(_ member: String, _ root: JSONView) throws(LiveRequest.Fault) -> [String]? {
        guard let list = root[member], !list.isNull else { return nil }
        let names = list.elements.compactMap(\.string)
        guard list.kind == .array, names.count == list.count else {
            throw LiveRequest.Fault(code: "bad_request", detail: "\(member) must be a list of strings")
        }
        return names.isEmpty ? nil : names.map(\.trimmed)
    }
}
