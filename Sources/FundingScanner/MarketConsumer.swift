import Foundation
import FundingCore

/// What the market follower learned, in the order in which it learned it.
enum MarketUpdate: Sendable {
    /// The tables were read for the first time: everything is new.
    case began
    /// One feed's rates moved, were confirmed, came or went.
    case rates(FeedChange)
    /// How these feeds fare is another than before.
    case feeds([FeedState])
    /// Contracts changed their terms. Each entry of the interval ledger since the start comes once.
    case terms(ContractsEvent)
    /// Settled payments were written. A hint that may be lost: look at the table now and then.
    case settlements(SettlementsEvent)
    /// A second has passed: time to look at ages, and at whether this scanner leads.
    case beat
}

/// A part of the scanner that follows the market.
protocol MarketConsumer: Sendable {
    /// Called with one update after the other, never two at once; `market` has the update applied. The next update waits
    /// meanwhile, so that nothing slow belongs here but a bounded write.
    func follow(_ update: MarketUpdate, in market: MarketState, at now: Date) async
}
