import Foundation

/// Numbers that move all the time, told no finer than they mean anything, so that what stands still is seen to.
public enum Coarse {
    /// Rounded to a number of significant digits.
    public static func value(_ value: Double, digits: Int) -> Double {
        guard value != 0, value.isFinite else { return value }
        return decimal(value, exponent: Int(floor(log10(abs(value)))) - digits + 1)
    }

    /// Percent: to a tenth, or to two digits beyond ten percent.
    static func percent(_ percent: Double) -> Double {
        abs(percent) < 10 ? decimal(percent, exponent: -1) : value(percent, digits: 2)
    }

    /// Rounded to a multiple of a power of ten: -2 for hundredths.
    public static func decimal(_ value: Double, exponent: Int) -> Double {
        // Dividing by a whole power of ten gives the double nearest to the decimal; multiplying by 0.1 does not.
        let power = pow(10, Double(abs(exponent)))
        return exponent < 0 ? (value * power).rounded() / power : (value / power).rounded() * power
    }
}
