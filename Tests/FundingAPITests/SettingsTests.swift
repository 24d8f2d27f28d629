import FundingRuntime
import Testing

@testable import FundingAPI

struct SettingsTests {
    private func problems(_ values: [String: String]) -> [String] {
        var environment = Environment(values, file: nil)
        _ = APISettings(portFile: nil, &environment)
        do {
            try environment.finish()
            return []
        } catch {
            return error.problems.map(\.name)
        }
    }

    @Test func everyFaultIsToldAtOnce() {
        let faults = problems([
            "API_PORT": "70000", "CORS_ORIGINS": "*,http://a.example/path", "FUNDING_DASHBOARD_DIR": "/does/not/exist",
            "API_READ_LIMIT": "-1", "ADMIN_TOKEN": "short", "DATABASE_URL": "postgresql://127.0.0.1:99999/x",
        ])
        #expect(
            faults == [
                "DATABASE_URL", "REDIS_URL", "API_PORT", "CORS_ORIGINS", "CORS_ORIGINS", "API_READ_LIMIT",
                "ADMIN_TOKEN",
                "FUNDING_DASHBOARD_DIR",
            ]
        )
    }

    @Test func theReadAddressTakesPrecedence() {
        let usual = ["DATABASE_URL": "postgresql://127.0.0.1/x", "REDIS_URL": "redis://127.0.0.1"]
        #expect(problems(usual).isEmpty)
        #expect(
            problems(usual.merging(["DATABASE_READ_URL": "postgresql://127.0.0.1:0/x"]) { $1 }) == ["DATABASE_READ_URL"]
        )
    }
}
