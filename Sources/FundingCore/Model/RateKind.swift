/// What an exchange's live rate says of the coming payment.
public enum RateKind: String, Sendable, CaseIterable {
    /// What would be paid if it fell due now; it moves until it does.
    case predicted
    /// The exchange fixed it as the running period began: it is what the coming payment will be.
    case fixed
}
