import Foundation
import Testing
import WebServer

@Suite struct StaticFilesTests {
    private static func withDirectory(_ test: (String) async throws -> Void) async throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("static-\(UUID().uuidString)")
        let assets = root.appendingPathComponent("site/assets")
        try FileManager.default.createDirectory(at: assets, withIntermediateDirectories: true)
        let site = root.appendingPathComponent("site")
        try Data("<!doctype html>index".utf8).write(to: site.appendingPathComponent("index.html"))
        try Data("secret".utf8).write(to: root.appendingPathComponent("secret.txt"))
        try Data("hidden".utf8).write(to: site.appendingPathComponent(".env"))
        try Data("{}".utf8).write(to: site.appendingPathComponent("plain name.json"))
        try Data("js".utf8).write(to: assets.appendingPathComponent("main-5XQ2VJ7A.js"))
        try Data("css".utf8).write(to: assets.appendingPathComponent("main.css"))
        try await test(site.path)
        try FileManager.default.removeItem(at: root)
    }

    @Test func servesWhatItFoundAndNothingElse() async throws {
        try await Self.withDirectory { directory in
            let files = try StaticFiles(directory: directory)
            #expect(files.paths == ["/assets/main-5XQ2VJ7A.js", "/assets/main.css", "/index.html", "/plain name.json"])
            var router = WebRouter()
            router.fallback = files.handler
            try await withServer(router) { server async throws in
                let hashed = try await server.request("GET", "/assets/main-5XQ2VJ7A.js")
                #expect(hashed["Content-Type"] == "text/javascript; charset=utf-8")
                #expect(hashed["Cache-Control"] == "public, max-age=31536000, immutable")
                let plain = try await server.request("GET", "/assets/main.css")
                #expect(plain["Cache-Control"] == "no-cache")
                #expect(try await server.request("GET", "/plain%20name.json").text == "{}")
                for page in ["/", "/index.html", "/?y=1"] {
                    #expect(try await server.request("GET", page).text == "<!doctype html>index")
                }
                let outside = [
                    "/../secret.txt", "/..%2Fsecret.txt", "/assets/../../secret.txt", "/.env", "/contracts",
                    "/assets", "/%2e%2e/secret.txt", "//etc/passwd",
                ]
                for path in outside { #expect(try await server.request("GET", path).status == 404) }
                #expect(try await server.request("POST", "/assets/main.css").status == 405)
            }
        }
    }

    @Test func loadingIsBounded() async throws {
        try await Self.withDirectory { directory in
            #expect(throws: StaticFiles.LoadingError.self) { try StaticFiles(directory: directory, maximumBytes: 10) }
            #expect(throws: StaticFiles.LoadingError.self) { try StaticFiles(directory: directory, maximumFiles: 2) }
            #expect(throws: StaticFiles.LoadingError.self) { try StaticFiles(directory: directory + "/nowhere") }
        }
    }
}
