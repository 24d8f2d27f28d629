import Foundation
import FundingCore
import FundingStore

/// What history can be asked.
enum HistoryParameters {
    static let symbol = Parameter<String>.symbol
    static let cursor = Parameter<SettlementReader.Cursor?>.cursor
    static let exchange = Parameter<KnownExchange?>.exchange("exchange", "Only this exchange, by id or name.")
    static let pathExchange = Parameter<KnownExchange?>.exchange("exchange", "The exchange's id or name.").inPath
    static let limit = Parameter<Int>.integer("limit", in: 1...10_000, default: 1000, "How many rows at most.")
    static let from = Parameter<Date?>.time("start_time", "From when on; 30 days back if not said.")
    static let to = Parameter<Date?>.time("end_time", "Until when; now if not said.")
    /// How history may be sent.
    static let format = Parameter<Format>.choice("format", default: .json, "How the answer is written.")

    enum Format: String, Sendable, CaseIterable {
        case json, csv
    }

    static func days(_ bounds: ClosedRange<Int>) -> Parameter<Int> {
        .integer("days", in: bounds, default: 7, "How many days back.")
    }

    /// A window of so many days that ends now.
    static func window(days: Int, until now: Date) -> ClosedRange<Date> {
        now.addingTimeInterval(-Double(days) * 86_400)...now
    }
}
