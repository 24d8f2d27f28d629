/// Why a test could not go on.
struct Failure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

extension Optional {
    /// The value, or an error that says what is missing.
    func required(_ what: String) throws -> Wrapped {
        guard let self else { throw Failure("\(what) is missing") }
        return self
    }
}
