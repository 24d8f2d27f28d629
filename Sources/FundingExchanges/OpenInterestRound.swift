import FundingCore

/// Open interest that has to be asked for contract by contract: whose turn it is, and what is known so far.
struct OpenInterestRound {
    private var contracts: [FundingSnapshot] = []
    private var turn = 0
    private var known: [String: OpenInterest] = [:]
    private var marks: [String: Double] = [:]

    /// Remembers a poll's contracts for the coming turns and fills in what is known of them.
    mutating func complete(_ snapshots: inout [FundingSnapshot]) {
        contracts = snapshots
        marks = [:]
        for place in snapshots.indices {
            let contract = snapshots[place].contract
            if let mark = snapshots[place].markPrice, contract.isPricedInDollars, contract.denomination == 1 {
                marks[contract.baseAsset] = mark
            }
            if snapshots[place].openInterest == nil { snapshots[place].openInterest = known[contract.symbol] }
        }
    }

    var anyContract: Contract? { contracts.first?.contract }

    /// The next contracts in turn, nil for all.
    mutating func next(_ count: Int?) -> [FundingSnapshot] {
        guard !contracts.isEmpty else { return [] }
        let count = min(count ?? contracts.count, contracts.count)
        let chosen = (0..<count).map { contracts[(turn + $0) % contracts.count] }
        turn = (turn + count) % contracts.count
        return chosen
    }

    mutating func keep(_ interest: OpenInterest?, of symbol: String) { known[symbol] = interest }

    /// The dollar mark price of an asset among the feed's own contracts.
    func price(of asset: String) -> Double? { marks[asset] }
}
