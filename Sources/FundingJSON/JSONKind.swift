/// The six kinds of JSON value.
public enum JSONKind: UInt8, Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool
    /// A number; JSON knows no difference between whole and broken ones.
    case number
    /// A string.
    case string
    /// A list of values.
    case array
    /// A list of keys with values.
    case object
}
