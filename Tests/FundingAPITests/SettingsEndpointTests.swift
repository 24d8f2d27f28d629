import Foundation
import FundingCore
import FundingJSON
import PostgresDriver
import TestSupport
import Testing

@testable import FundingAPI

/// The settings as the operator reads and changes them.
@Suite(
    .enabled(if: TemporaryDatabase.isAvailable, "FUNDING_TEST_DATABASE_URL is not set"),
    .enabled(if: TestRedis.isAvailable, "FUNDING_TEST_REDIS_URL is not set"),
    .timeLimit(.minutes(2))
)
struct SettingsEndpointTests {
    /// Sends a request and holds its answer against the declaration.
    @discardableResult
    private func send(
        _ api: RunningAPI, _ method: String, _ path: String, query: String = "", headers: [String] = [],
        body: String? = nil, status: Int = 200
    ) async throws -> JSONView {
        let answer = try await api.send(method, path + query, headers: headers, body: body)
        let text = String(decoding: answer.body.prefix(400), as: UTF8.self)
        #expect(answer.status == status, "\(method) \(path): \(text)")
        #expect(answer.headers["cache-control"] == "no-store" || status >= 400)
        let endpoint = try #require(api.endpoints.first { $0.path == path && $0.method.rawValue == method })
        let json = try answer.json
        #expect(endpoint.faults(of: answer.status, json) == [])
        return json
    }

    /// As after going back to an older build.
    @Test func aStoredDocumentThatMeansNothingIsSaidToBeOne() async throws {
        try await RunningAPI.withSampleTables { api, database in
            try await database.run(#"UPDATE settings SET document = '{"nonsense":1}', revision = revision + 1"#)
            for path in ["/api/settings", "/api/alerts", "/api/alerts/rules"] {
                let refused = try await api.send("GET", path)
                #expect(refused.status == 500, "somebody must do something: it is logged as an error")
                #expect(try refused.json["error"]?["code"]?.string == "settings_unusable", "\(path)")
            }
            try await send(api, "GET", "/api/settings/export")
        }
    }

    @Test func aChangeKeepsWhatItDoesNotNameAndSaysWhatItDid() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let before = try await send(api, "GET", "/api/settings")
            #expect(before["settings"]?["historical"]?["window_days"]?.int == 30)
            #expect((before["schema"]?.count ?? 0) > 5)
            let revision = try #require(before["revision"]?.int)
            let saved = try await send(api, "PUT", "/api/settings", body: #"{"historical":{"window_days":60}}"#)
            #expect(saved["revision"]?.int == revision + 1)
            #expect(saved["changed"]?.elements.compactMap { $0.string } == ["historical.window_days"])
            #expect(saved["applied"]?.count == 1)
            try await send(api, "PUT", "/api/settings", body: #"{"data_fetching":{"poll_interval_seconds":45}}"#)
            let after = try await send(api, "GET", "/api/settings")
            #expect(after["settings"]?["historical"]?["window_days"]?.int == 60)
            #expect(after["settings"]?["data_fetching"]?["poll_interval_seconds"]?.int == 45)
            #expect(after["author"]?.string == "api")
        }
    }

    @Test func whatIsWrongIsToldWithItsPathAndNothingIsSaved() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let wrong = #"{"historical":{"window_days":"many"},"weather":{}}"#
            let refused = try await send(api, "PUT", "/api/settings", body: wrong, status: 400)
            #expect(refused["error"]?["code"]?.string == "invalid_settings")
            let paths = refused["errors"]?.elements.compactMap { $0["path"]?.string } ?? []
            #expect(paths.sorted() == ["historical.window_days", "weather"])
            let checked = try await send(api, "POST", "/api/settings/validate", body: wrong)
            #expect(checked["valid"]?.bool == false && checked["field_errors"]?.count == 2)
            #expect(try await send(api, "POST", "/api/settings/validate", body: "{}")["valid"]?.bool == true)
            #expect(try await send(api, "GET", "/api/settings/backups")["backups"]?.count == 0)
            try await send(api, "PUT", "/api/settings", status: 400)
        }
    }

    @Test func whoIsSlowerIsRefused() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let revision = try #require(try await send(api, "GET", "/api/settings")["revision"]?.int)
            let patch = #"{"historical":{"window_days":50}}"#
            try await send(api, "PUT", "/api/settings", headers: ["If-Match: \"\(revision)\""], body: patch)
            let late = try await send(
                api, "PUT", "/api/settings", headers: ["If-Match: \(revision)"], body: patch, status: 409)
            #expect(late["error"]?["code"]?.string == "conflict")
            try await send(api, "PUT", "/api/settings", headers: ["If-Match: latest"], body: patch, status: 400)
        }
    }

    @Test func replacedSettingsComeBackAndDefaultsToo() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            for days in [40, 50] {
                try await send(api, "PUT", "/api/settings", body: #"{"historical":{"window_days":\#(days)}}"#)
            }
            let backups = try await send(api, "GET", "/api/settings/backups")["backups"]?.elements.map { $0 } ?? []
            #expect(backups.count == 2)
            let name = try #require(backups.first?["filename"]?.string)
            #expect(name.wholeMatch(of: #/settings_backup_[0-9]{8}_[0-9]{6}(_[0-9]+)?\.json/#) != nil)
            let restored = try await send(api, "POST", "/api/settings/restore", query: "?backup_filename=\(name)")
            #expect(restored["settings"]?["historical"]?["window_days"]?.int == 40)
            try await send(api, "POST", "/api/settings/reset")
            #expect(try await send(api, "GET", "/api/settings")["settings"]?["historical"]?["window_days"]?.int == 30)
            let revision = try #require(backups.first?["revision"]?.int)
            try await send(api, "POST", "/api/settings/restore", body: #"{"backup_id":"\#(revision)"}"#)
            try await send(api, "POST", "/api/settings/restore", body: #"{"backup_id":\#(revision)}"#)
            try await send(api, "POST", "/api/settings/restore", body: #"{"backup_id":"99999"}"#, status: 404)
            for name in ["../../etc/passwd", "settings_backup_1.json", "..%2F..%2Fx.json"] {
                try await send(api, "POST", "/api/settings/restore", query: "?backup_filename=\(name)", status: 400)
            }
        }
    }

    @Test func aFileBringsTheSettingsElsewhere() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            try await send(api, "PUT", "/api/settings", body: #"{"historical":{"window_days":70}}"#)
            let exported = try await api.get("/api/settings/export")
            #expect(exported.headers["content-disposition"]?.hasPrefix("attachment") == true)
            let file = String(decoding: exported.body, as: UTF8.self)
            try await send(api, "POST", "/api/settings/reset")
            let imported = try await send(api, "POST", "/api/settings/import", body: file)
            #expect(imported["settings"]?["historical"]?["window_days"]?.int == 70)
            for wrong in [#"{"version":"9","settings":{}}"#, #"{"version":"1.0"}"#, "{}"] {
                try await send(api, "POST", "/api/settings/import", body: wrong, status: 400)
            }
        }
    }
}
