import FundingJSON

/// What must hold for every sequence of bytes, whoever sent it. The mutation tests try it on damaged documents, the
/// fuzz target on whatever libFuzzer thinks of.
enum ParserProperty {
    /// The fault, if `bytes` show one; nil if all is well.
    static func fault(on bytes: [UInt8]) -> String? {
        let document: JSONDocument
        do {
            document = try JSONDocument(bytes)
        } catch {
            return (0...bytes.count).contains(error.offset) ? nil : "offset \(error.offset) of \(bytes.count)"
        }
        if let fault = fault(in: document.root) { return fault }
        let tree = JSONTree(document.root)
        return fault(writing: tree, as: tree) ?? fault(writing: document.root, as: tree)
    }

    private static func fault(writing value: some JSONWritable, as tree: JSONTree) -> String? {
        var writer = JSONWriter()
        writer.value(value)
        guard writer.isComplete else { return "incomplete: \(String(decoding: writer.bytes, as: UTF8.self))" }
        do {
            let copy = try JSONDocument(writer.bytes)
            return JSONTree(copy.root) == tree ? nil : "reads back as \(copy.root.rawText)"
        } catch {
            return "\(error) in \(String(decoding: writer.bytes, as: UTF8.self))"
        }
    }

    /// Asks a view and all it contains every question there is.
    private static func fault(in view: JSONView) -> String? {
        if view.excerpt.unicodeScalars.count > 200 { return "long excerpt" }
        if view.rawBytes.isEmpty { return "a value without bytes" }
        if view.double != Double(view.numberText ?? "").flatMap({ $0.isFinite ? $0 : nil }) { return "double differs" }
        if let int = view.int, view.double.map({ $0 == Double(int) }) != true { return "int differs" }
        if view.decimalText == nil, view.decimal != nil || view.decimalInt != nil { return "decimal of no number" }
        if let string = view.string, !view.isString(string) { return "not equal to itself: \(string)" }
        if view.elements.reduce(0, { count, _ in count + 1 }) != view.elements.count { return "elements miscounted" }
        if let last = view.elements.reduce(nil, { $1 }), view[view.count - 1]?.rawBytes != last.rawBytes {
            return "the last element is another one by index"
        }
        return faultInChildren(of: view)
    }

    private static func faultInChildren(of view: JSONView) -> String? {
        for element in view.elements {
            if let fault = fault(in: element) { return fault }
        }
        var values: [[UInt8]: JSONView] = [:]
        for member in view.members {
            if let fault = fault(in: member.value) { return fault }
            values[Array(member.key.utf8)] = member.value
        }
        for (key, value) in values {
            let found = view[String(decoding: key, as: UTF8.self)]
            guard found?.rawBytes.startIndex == value.rawBytes.startIndex else {
                return "lookup misses the last member"
            }
        }
        return nil
    }
}
