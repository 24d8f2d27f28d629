import FundingCore

/// A rate as Kraken states it: a fraction an hour, or an amount that becomes one.
///
/// A linear contract's amount is dollars per unit of the base asset, so it is divided by the price; an inverse one's is
/// units of the base asset per dollar, so it is multiplied. The price is the index: by the mark price, rates come out
/// above the cap where the two part. The index of now is not quite that of the moment when the rate was fixed, so what
/// comes out beyond the cap all the same is the cap.
struct KrakenRate {
    /// Preferred, being exact; pushed always, in answers only to some.
    var relative: Double?
    var absolute: Double?
    var index: Double?
    /// The most an hour may cost, either way.
    var cap: Double?

    func fraction(of type: ContractType) throws(Rejection) -> Double {
        if let relative { return relative }
        guard let absolute else { throw Rejection("neither relativeFundingRate nor fundingRate is there") }
        guard let index, index > 0 else {
            throw Rejection("fundingRate is an amount, and no indexPrice to divide it by")
        }
        let rate = type == .linear ? absolute / index : absolute * index
        guard let cap else { return rate }
        return min(max(rate, -cap), cap)
    }
}
