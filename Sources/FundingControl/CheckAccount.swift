import Foundation
import FundingCore
import FundingJSON
import FundingStore

/// What `fundingctl check` says: a line an exchange, and the contracts that lack most.
struct CheckAccount {
    struct Exchange {
        var name: String
        var contracts = 0
        /// Contracts with at least 95 %.
        var complete = 0
        var expected = 0
        var present = 0
        var gaps = 0

        var completeness: Double { expected == 0 ? 100 : 100 * Double(present) / Double(expected) }
    }

    private(set) var exchanges: [Exchange] = []
    /// Those worth another try, the most urgent first.
    private(set) var worst: [CheckedContract]
    /// As many gaps of a contract are told.
    private static let toldGaps = 5

    /// - Parameter checked: by exchange.
    init(_ checked: [CheckedContract], worst count: Int) {
        for contract in checked {
            let name = contract.contract.contract.exchange.rawValue
            if exchanges.last?.name != name { exchanges.append(Exchange(name: name)) }
            exchanges[exchanges.count - 1].add(contract.report)
        }
        worst = Array(
            checked.filter { !$0.report.gaps.isEmpty || $0.report.status == .intervalUnknown }
                .sorted { $0.report.retryPriority > $1.report.retryPriority }.prefix(count))
    }

    var table: String {
        var lines = [Self.line("exchange", ["contracts", "complete", "expected", "present", "percent", "gaps"])]
        for exchange in exchanges {
            lines.append(
                Self.line(
                    exchange.name,
                    [
                        "\(exchange.contracts)", "\(exchange.complete)", "\(exchange.expected)", "\(exchange.present)",
                        Self.percent(exchange.completeness), "\(exchange.gaps)",
                    ]))
        }
        for contract in worst {
            let report = contract.report
            let named = report.gaps.prefix(Self.toldGaps).map { gap in
                "\(gap.missing) from \(Timestamp.text(gap.from)) to \(Timestamp.text(gap.to))"
            }
            let more = report.gaps.count - named.count
            lines.append(
                """
                \(contract.contract.contract.exchange) \(contract.contract.contract.symbol): \
                \(Self.percent(report.completeness)) %, \(report.status.rawValue), \
                \(report.present) of \(report.expected), missing \(named.joined(separator: ", "))\
                \(more > 0 ? " and \(more) more gaps" : "")
                """)
        }
        return lines.joined(separator: "\n")
    }

    func json(during window: ClosedRange<Date>) -> String {
        var writer = JSONWriter(reservingCapacity: 400 + exchanges.count * 140 + worst.count * 500)
        writer.beginObject()
        writer.field("from", Timestamp.text(window.lowerBound))
        writer.field("to", Timestamp.text(window.upperBound))
        writer.key("exchanges")
        writer.beginArray()
        for exchange in exchanges {
            writer.beginObject()
            writer.field("exchange", exchange.name)
            writer.field("contracts", exchange.contracts)
            writer.field("complete", exchange.complete)
            writer.field("expected", exchange.expected)
            writer.field("present", exchange.present)
            writer.field("completeness", exchange.completeness)
            writer.field("gaps", exchange.gaps)
            writer.endObject()
        }
        writer.endArray()
        writer.key("worst")
        writer.beginArray()
        for contract in worst { contract.write(to: &writer) }
        writer.endArray()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func percent(_ value: Double) -> String { String(format: "%.2f", value) }

    private static func line(_ name: String, _ columns: [String]) -> String {
        columns.reduce(name.padding(toLength: max(14, name.count), withPad: " ", startingAt: 0)) { line, text in
            line + String(repeating: " ", count: max(11 - text.count, 1)) + text
        }
    }
}

extension CheckAccount.Exchange {
    fileprivate mutating func add(_ report: HistoryReport) {
        contracts += 1
        complete += report.status == .complete ? 1 : 0
        expected += report.expected
        present += report.present
        gaps += report.gaps.count
    }
}

extension CheckedContract {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("exchange", contract.contract.exchange.rawValue)
        writer.field("symbol", contract.contract.symbol)
        writer.field("status", report.status.rawValue)
        writer.field("expected", report.expected)
        writer.field("present", report.present)
        writer.field("completeness", report.completeness)
        writer.field("retry_priority", report.retryPriority)
        writer.field("first", first.map(Timestamp.text))
        writer.field("last", last.map(Timestamp.text))
        writer.key("gaps")
        writer.beginArray()
        for gap in report.gaps {
            writer.beginObject()
            writer.field("from", Timestamp.text(gap.from))
            writer.field("to", Timestamp.text(gap.to))
            writer.field("missing", gap.missing)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}
