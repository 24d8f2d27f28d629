/// The one place where a rate per interval becomes a rate per hour or per year.
public enum Annualising {
    /// A year of 365 days, as exchanges count it.
    private static let hoursPerYear = 8760.0

    /// What a rate per hour is to be multiplied by to become percent a year, simple.
    public static let aprPerHourlyRate = hoursPerYear * 100

    /// Percent a year, simple (not compounded): `rate × 8760 / hours × 100`.
    public static func apr(of rate: Double, every interval: FundingInterval) -> Double {
        // Payments per year first: exact for every whole-hour interval, so that 0.0001 every 8 h is 10.95 and not 10.950…01.
        let percent = rate * (aprPerHourlyRate / interval.hours)
        let rounded = (percent * 1e10).rounded() / 1e10
        return rounded.isFinite && abs(percent) < 1e5 ? rounded : percent
    }

    /// Fraction of notional per hour.
    public static func hourlyRate(of rate: Double, every interval: FundingInterval) -> Double {
        rate / interval.hours
    }
}
