/// In what the bodies of Binance's two markets and of Aster differ, where the rest is the same.
struct BinanceForm: Sendable {
    /// Rows name the pair beside the symbol.
    var namesPairs = false
    /// The rate of what pays no funding.
    var noRate = "0.00000000"
    /// The newer fields of the mark price stream: an average price, and the number of the market.
    var market: Int?

    /// `fundingRate` answers for all contracts if none is named.
    var hasBulkHistory = false
    /// Payments are stamped up to so many milliseconds late.
    var lateness = 14
    /// Past payments come with their mark price; payments of shares and dividends are told apart.
    var historyNamesMarks = true
    var historyNamesTypes = false
    /// Rows of history if no time is asked for.
    var latestRows = 200

    static let usdm = BinanceForm(market: 1, hasBulkHistory: true, historyNamesTypes: true)
    static let coinm = BinanceForm(namesPairs: true, noRate: "", market: 2)
    static let aster = BinanceForm(noRate: "0", lateness: 0, historyNamesMarks: false, latestRows: 100)
}
