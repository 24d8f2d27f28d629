import Foundation
import FundingCore
import FundingExchanges

extension FeedPoll {
    /// FNV-1a over all rows in their order, one line a row, numbers by their bits.
    var digest: String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for snapshot in snapshots {
            for byte in snapshot.digestLine.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        return String(hash, radix: 16)
    }
}

extension FundingSnapshot {
    fileprivate var digestLine: String {
        let fields = [
            contract.symbol, contract.baseAsset, bits(contract.denomination), contract.quoteAsset, contract.settleAsset,
            contract.contractType.rawValue, contract.marketType.rawValue, bits(fundingRate), bits(interval.hours),
            nextFundingTime.map(Timestamp.text) ?? "null", bits(apr), bits(markPrice), bits(indexPrice),
            bits(openInterest?.usd),
        ]
        return fields.joined(separator: "|") + "\n"
    }

    private func bits(_ number: Double?) -> String { number.map { String($0.bitPattern, radix: 16) } ?? "null" }
}
