import Foundation

/// What no exchange can mean, whatever it sends: such a reading is put aside with its reason and never shown or scanned.
public enum Plausibility {
    /// The highest rate per interval that is believed. The highest documented cap is 4 % (Hyperliquid, hourly).
    public static let highestRate = 0.10
    /// The longest a payment may lie ahead beyond its own interval: one interval more, for contracts whose interval is
    /// about to change.
    private static let intervalsAhead = 2.0

    /// The reason to put a snapshot aside, or nil.
    public static func fault(of snapshot: FundingSnapshot) -> String? {
        for name in [snapshot.contract.symbol, snapshot.contract.baseAsset] where !isName(name) {
            return "a name of \(name.utf8.count) bytes, empty, too long or with control characters"
        }
        let others = [snapshot.contract.quoteAsset, snapshot.contract.settleAsset, snapshot.contract.nativeID ?? ""]
        for name in others where !name.isEmpty && !isName(name) {
            return "an asset or id of \(name.utf8.count) bytes, too long or with control characters"
        }
        guard snapshot.fundingRate.isFinite, abs(snapshot.fundingRate) <= highestRate else {
            return "funding rate \(snapshot.fundingRate) is beyond ±\(highestRate) per interval"
        }
        for (name, price) in [("mark price", snapshot.markPrice), ("index price", snapshot.indexPrice)] {
            if let price, !(price.isFinite && price > 0) { return "\(name) \(price) is not above zero" }
        }
        if let fault = fault(of: snapshot.openInterest) { return fault }
        if let next = snapshot.nextFundingTime {
            let ahead = next.timeIntervalSince(snapshot.observedAt)
            guard ahead <= snapshot.interval.hours * 3600 * intervalsAhead else {
                return "next funding time \(Timestamp.text(next)) lies more than \(Int(intervalsAhead)) intervals ahead"
            }
        }
        return nil
    }

    /// The reason not to believe open interest, or nil.
    public static func fault(of interest: OpenInterest?) -> String? {
        for amount in [interest?.usd, interest?.raw?.amount] {
            if let amount, !(amount.isFinite && amount >= 0) { return "open interest \(amount) is no amount" }
        }
        return nil
    }

    /// The reason to put a settlement aside, or nil.
    public static func fault(of settlement: FundingSettlement) -> String? {
        let rate = settlement.fundingRate
        guard rate.isFinite, abs(rate) <= highestRate else {
            return "funding rate \(rate) is beyond ±\(highestRate) per interval"
        }
        if let price = settlement.markPrice, !(price.isFinite && price > 0) {
            return "mark price \(price) is not above zero"
        }
        return nil
    }

    /// What can stand in a table, a URL and a log line; Postgres refuses NUL and with it the whole poll.
    private static func isName(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    }
}
