import Foundation
import FundingCore

extension Exposition {
    /// How many pairs there are, and how old what is known of them is.
    mutating func write(_ picture: ArbitrageView.Picture, at now: Date) {
        let progress = picture.list.progress
        func age(_ time: Date?) -> Double? { time.map { max(0, now.timeIntervalSince($0)) } }
        metric("funding_arbitrage_loaded", .gauge, "1 once the pairs have been read.", picture.isLoaded ? 1 : 0)
        metric(
            "funding_arbitrage_pairs", .gauge, "Pairs of two exchanges that pay, ranked or not.",
            progress.map { _ in Double(picture.list.all.count) })
        metric(
            "funding_arbitrage_ranked_pairs", .gauge, "Pairs that stand in rankings.",
            progress.map { Double($0.summary.ranked) })
        metric(
            "funding_arbitrage_significant_pairs", .gauge, "Ranked pairs more than two deviations from their mean.",
            progress.map { Double($0.summary.significant) })
        metric(
            "funding_arbitrage_contracts", .gauge, "Contracts that were compared.",
            progress.map { Double($0.summary.contracts) })
        metric(
            "funding_arbitrage_max_apr_spread", .gauge, "The widest ranked spread, in percent a year.",
            progress?.summary.maximumAPRSpread)
        metric(
            "funding_arbitrage_generation", .counter, "Writes of the scanner.", progress.map { Double($0.generation) })
        metric(
            "funding_arbitrage_generation_age_seconds", .gauge, "Since the scanner last wrote.",
            age(progress?.computedAt))
        metric(
            "funding_scanner_up", .gauge, "1 while a scanner says that it is alive.",
            picture.isScannerRunning(at: now) ? 1 : 0)
        metric(
            "funding_scanner_beat_age_seconds", .gauge, "Since a scanner last said so.", age(picture.scannerBeatAt))
    }
}
