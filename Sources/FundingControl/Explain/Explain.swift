import ArgumentParser
import CurlDriver
import Foundation
import FundingJSON
import FundingRuntime

/// `fundingctl explain`
struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tells where a contract's numbers come from.",
        discussion: """
            What the exchange said and when, the formulas with the numbers put in, what was checked, what was paid lately. The \
            API tells it (/api/explain); no database is needed. Ends with 1 if a check fails.
            """
    )

    @Argument(help: "The exchange, such as bybit.")
    var exchange: String

    @Argument(help: "The contract as the exchange calls it, such as BTCUSDT.")
    var symbol: String

    @Option(help: "Where the API is.")
    var api = "http://127.0.0.1:8000"

    @Flag(help: "The API's answer as it is.")
    var json = false

    func run() async {
        await ServiceProcess.main("fundingctl") {
            let body = try await answer()
            if json {
                print(String(decoding: body, as: UTF8.self))
                return
            }
            let explanation = ExplanationText(try JSONDocument(body).root)
            print(explanation.text)
            let failed = explanation.failedChecks
            guard failed == 0 else { throw SuiteTroubled(count: failed) }
        }
    }

    private func answer() async throws -> [UInt8] {
        let fetcher = HTTPFetcher(userAgent: ServiceProcess.userAgent)
        let response: HTTPResponse
        do {
            response = try await fetcher.fetch(HTTPRequest(url: url))
        } catch {
            await fetcher.close()
            throw APIUnwilling(description: "\(api) does not answer: \(error)")
        }
        await fetcher.close()
        guard response.status == 200 else {
            let detail = (try? JSONDocument(response.body).root)?["detail"]
            throw APIUnwilling(
                description: detail?.string ?? detail?[0]?["msg"]?.string ?? "\(api) answered \(response.status)")
        }
        return response.body
    }

    private var url: String {
        let allowed = CharacterSet.urlPathAllowed.subtracting(["/"])
        let names = [exchange, symbol].map { $0.addingPercentEncoding(withAllowedCharacters: allowed) ?? $0 }
        return ([api.hasSuffix("/") ? String(api.dropLast()) : api, "api", "explain"] + names).joined(separator: "/")
    }
}

/// The API that did not answer, or not with what was asked for.
struct APIUnwilling: Error, CustomStringConvertible {
    var description: String
}
