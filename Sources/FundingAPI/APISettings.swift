import Foundation
import FundingRuntime
import PostgresDriver
import RedisDriver
import WebServer

/// What the API was told to do, checked.
struct APISettings: Sendable {
    var postgres: PostgresConfiguration?
    var redis: RedisConfiguration?
    var host: String
    /// 0 takes any free one.
    var port: Int
    /// Where to write the port that was taken.
    var portFile: String?
    var origins: [String]
    var dashboard: StaticFiles?
    /// Requests a minute and client; 0 for no limit.
    var readLimit: Int
    var trustedProxies: Set<String>

    private enum Defaults {
        static let host = "127.0.0.1"
        static let port = 8000
        static let origins = "http://localhost:3000,http://localhost:3001"
        static let readLimit = 600
    }

    /// A reading that takes longer than this counts as an outage.
    private static let statementTimeout = Duration.seconds(4)
    /// Pages that the dashboard's own router serves.
    private static let pages = [
        "/arbitrage", "/historical", "/asset", "/settings", "/backfill", "/health", "/landing",
    ]

    init(portFile: String?, _ environment: inout Environment) {
        self.portFile = portFile
        let database = environment.text("DATABASE_READ_URL") == nil ? "DATABASE_URL" : "DATABASE_READ_URL"
        postgres = environment.value(database) {
            try PostgresConfiguration(
                url: $0, applicationName: "funding-api", statementTimeout: Self.statementTimeout
            )
        }
        redis = environment.value("REDIS_URL") { try RedisConfiguration(url: $0) }
        host = environment.text("API_HOST") ?? Defaults.host
        port = environment.integer("API_PORT", in: 0...65_535, default: Defaults.port)
        origins = Self.origins(&environment)
        readLimit = environment.integer("API_READ_LIMIT", in: 0...1_000_000, default: Defaults.readLimit)
        trustedProxies = Set(Self.list(environment.text("API_TRUSTED_PROXIES") ?? ""))
        dashboard = Self.dashboard(&environment)
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
            let files = try StaticFiles(directory: directory, indexRoutes: pages)
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
