import Foundation
import FundingStore

extension SettlementReader.Cursor {
    /// As clients are given it: opaque, safe in an address.
    var token: String {
        let microseconds = Int((fundingTime.timeIntervalSince1970 * 1e6).rounded())
        return String(microseconds, radix: 36) + "." + String(contractID, radix: 36)
    }

    /// - Returns: nil for what was never given to a client.
    init?(token: String) {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let microseconds = Int(parts[0], radix: 36), let id = Int(parts[1], radix: 36), id >= 0,
            microseconds.magnitude < 1 << 53
        else { return nil }
        self.init(fundingTime: Date(timeIntervalSince1970: Double(microseconds) / 1e6), contractID: id)
    }
}

extension Parameter where Value == SettlementReader.Cursor? {
    /// Where the page before ended.
    static var cursor: Parameter {
        Parameter(
            ParameterDeclaration(
                name: "cursor", schema: .text, summary: "The `next_cursor` of the page before; none for the first.")
        ) { arguments, declaration in
            guard let text = arguments.text(declaration) else { return nil }
            if let cursor = SettlementReader.Cursor(token: text) { return cursor }
            arguments.report("value_error", declaration, "Input should be a next_cursor of this endpoint", text)
            return nil
        }
    }
}
