import Foundation
import FundingRuntime
import PostgresDriver
import RedisDriver
import WebServer

/// What the API was told to do, checked.
struct APISettings: Sendable {
    /// Where Postgres is, for whom.
    struct Databases: Sendable {
        /// For the read model; a replica will do.
        var model: PostgresConfiguration
        /// For requests that read; a replica will do.
        var requests: PostgresConfiguration
        /// For what is asked of other processes.
        var primary: PostgresConfiguration
    }

    var databases: Databases?
    var redis: RedisConfiguration?
    var host: String
    /// A socket that systemd listens on, in place of host and port.
    var inheritedSocket: Int32?
    /// 0 takes any free one.
    var port: Int
    /// Where to write the port that was taken.
    var portFile: String?
    var origins: [String]
    var dashboard: StaticFiles?
    var limits: ClientLimits.Rates
    /// How many live connections a client may have; 0 for no limit.
    var liveConnections: Int
    /// What the operator proves to be the operator with; nil: being at the same machine will do.
    var adminToken: String?
    var trustedProxies: Set<String>

    private enum Defaults {
        static let host = "127.0.0.1"
        static let port = 8000
        static let origins = "http://localhost:3000,http://localhost:3001"
        static let limits = ClientLimits.Rates()
        static let liveConnections = 200
        static let shortestToken = 16
    }

    /// A reading of the live tables that takes longer than this is given up.
    private static let modelTimeout = Duration.seconds(4)
    /// No request makes Postgres work longer than this.
    private static let requestTimeout = Duration.seconds(10)

    init(portFile: String?, _ environment: inout Environment) {
        self.portFile = portFile
        databases = Self.databases(&environment)
        redis = environment.value("REDIS_URL") { try RedisConfiguration(url: $0) }
        host = environment.text("API_HOST") ?? Defaults.host
        port = environment.integer("API_PORT", in: 0...65_535, default: Defaults.port)
        inheritedSocket = SocketActivation.socket(&environment)
        origins = Self.origins(&environment)
        func limit(_ name: String, _ fallback: Int) -> Int {
            environment.integer(name, in: 0...1_000_000, default: fallback)
        }
        limits = ClientLimits.Rates(
            read: limit("API_READ_LIMIT", Defaults.limits.read), heavy: limit("API_HEAVY_LIMIT", Defaults.limits.heavy),
            admin: limit("API_ADMIN_LIMIT", Defaults.limits.admin))
        liveConnections = limit("API_LIVE_LIMIT", Defaults.liveConnections)
        adminToken = environment.text("ADMIN_TOKEN")
        if let adminToken, adminToken.utf8.count < Defaults.shortestToken {
            environment.report("ADMIN_TOKEN", "expected at least \(Defaults.shortestToken) characters")
        }
        trustedProxies = Set(Self.list(environment.text("API_TRUSTED_PROXIES") ?? ""))
        dashboard = Self.dashboard(&environment)
    }

    private static func databases(_ environment: inout Environment) -> Databases? {
        func configuration(_ name: String, _ timeout: Duration) -> PostgresConfiguration? {
            environment.value(name) {
                try PostgresConfiguration(url: $0, applicationName: "funding-api", statementTimeout: timeout)
            }
        }
        let hasReplica = environment.text("DATABASE_READ_URL") != nil
        let reading = hasReplica ? "DATABASE_READ_URL" : "DATABASE_URL"
        let writing = environment.text("DATABASE_URL") == nil ? reading : "DATABASE_URL"
        guard let model = configuration(reading, modelTimeout), let requests = configuration(reading, requestTimeout),
            let primary = writing == reading ? requests : configuration(writing, requestTimeout)
        else { return nil }
        return Databases(model: model, requests: requests, primary: primary)
    }

    private static func origins(_ environment: inout Environment) -> [String] {
        let origins = list(environment.text("CORS_ORIGINS") ?? Defaults.origins)
        for origin in origins {
            guard let parts = URLComponents(string: origin), ["http", "https"].contains(parts.scheme),
                parts.host?.isEmpty == false, parts.path.isEmpty, parts.query == nil
            else {
                environment.report("CORS_ORIGINS", "expected origins such as http://localhost:3000, found \(origin)")
                continue
            }
        }
        return origins
    }

    private static func dashboard(_ environment: inout Environment) -> StaticFiles? {
        guard let directory = environment.text("FUNDING_DASHBOARD_DIR") else { return nil }
        do {
            let files = try StaticFiles(directory: directory)
            if !files.paths.contains("/index.html") {
                environment.report("FUNDING_DASHBOARD_DIR", "there is no index.html in \(directory)")
            }
            return files
        } catch {
            environment.report("FUNDING_DASHBOARD_DIR", "\(error)")
            return nil
        }
    }

    private static func list(_ text: String) -> [String] {
        text.split(separator: ",").map(\.trimmed).filter { !$0.isEmpty }
    }
}
