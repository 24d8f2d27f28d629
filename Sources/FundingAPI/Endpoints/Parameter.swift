/// What the API's document says of one thing that a client may send.
struct ParameterDeclaration: Sendable {
    enum Place: String, Sendable {
        case query, path
        /// A member of the JSON body.
        case body
    }

    var name: String
    /// Other names that mean the same.
    var aliases: [String] = []
    var place = Place.query
    var schema: JSONShape
    /// Whether it is a list: its items stand in one value, parted by commas, or in several.
    var isList = false
    var isRequired = false
    /// What holds when nothing is said, as JSON.
    var fallback: String?
    var summary: String
}

/// One thing that a client may send: how it is told of in the document, and how it is read, in one value, so that the two
/// cannot differ. Handlers read it with `arguments[parameter]`.
struct Parameter<Value: Sendable>: DeclaredParameter {
    var declaration: ParameterDeclaration
    /// Reads it; what is wrong is reported to the arguments.
    let read: @Sendable (inout Arguments, ParameterDeclaration) -> Value

    init(
        _ declaration: ParameterDeclaration,
        read: @escaping @Sendable (inout Arguments, ParameterDeclaration) -> Value
    ) {
        self.declaration = declaration
        self.read = read
    }

    /// The same in a client's JSON body.
    var inBody: Parameter {
        var moved = self
        moved.declaration.place = .body
        return moved
    }

    /// The same as a piece of the path.
    var inPath: Parameter {
        var moved = self
        moved.declaration.place = .path
        moved.declaration.isRequired = true
        return moved
    }

    /// The same, which must be there: what is missing is reported.
    var needed: Parameter {
        var needed = Parameter(declaration) { [read] arguments, declaration in
            if !arguments.isGiven(declaration) {
                arguments.report("missing", declaration, "Field required", "")
            }
            return read(&arguments, declaration)
        }
        needed.declaration.isRequired = true
        return needed
    }

    /// The same, also understood by other names.
    func orNamed(_ aliases: String...) -> Parameter {
        var named = self
        named.declaration.aliases += aliases
        return named
    }
}

/// A parameter of whatever value.
protocol DeclaredParameter: Sendable {
    var declaration: ParameterDeclaration { get }
}
