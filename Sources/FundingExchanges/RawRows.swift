public import FundingCore
public import FundingJSON

/// Which parts of an answer speak of which contract: for people who want to see what a number was read from.
extension ExchangeAdapter {
    public func rows(in answer: Answer) -> [(name: String, row: JSONView)]? { nil }

    /// What the answers of a poll say of each contract, by its symbol, in the order of the answers; of one answer the first
    /// part. A contract that no answer names is not there.
    public func excerpts(of contracts: [Contract], in answers: [Answer]) -> [String: [RawExcerpt]] {
        let names = RowNames(contracts)
        var found: [String: [RawExcerpt]] = [:]
        for answer in answers {
            var told: Set<String> = []
            for (name, row) in rows(in: answer) ?? names.rows(in: answer.root) {
                guard let symbol = names[name], told.insert(symbol).inserted else { continue }
                found[symbol, default: []].append(
                    RawExcerpt(
                        request: answer.request.label, receivedAt: answer.receivedAt, bytes: row.rawBytes))
            }
        }
        return found
    }
}

/// The names by which answers know contracts.
private struct RowNames {
    /// Shorter numbers are found anywhere, as amounts.
    private static let leastDigits = 5

    private var symbols: [String: String] = [:]

    init(_ contracts: [Contract]) {
        for contract in contracts {
            if let id = contract.nativeID, id.count >= Self.leastDigits || !id.allSatisfy(\.isNumber) {
                symbols[id] = contract.symbol
            }
        }
        for contract in contracts { symbols[contract.symbol] = contract.symbol }
    }

    subscript(name: String) -> String? { symbols[name] }

    /// Rows are objects that have a name among their own members, or that stand under it.
    func rows(in root: JSONView) -> [(name: String, row: JSONView)] {
        var rows: [(name: String, row: JSONView)] = []
        collect(from: root, into: &rows)
        return rows
    }

    private func collect(from value: JSONView, into rows: inout [(name: String, row: JSONView)]) {
        switch value.kind {
        case .array:
            for element in value.elements { collect(from: element, into: &rows) }
        case .object:
            if let name = value.members.lazy.compactMap({ $0.value.string }).first(where: { symbols[$0] != nil }) {
                rows.append((name, value))
                return
            }
            for (key, member) in value.members {
                if symbols[key] != nil, member.kind == .object {
                    rows.append((key, member))
                } else {
                    collect(from: member, into: &rows)
                }
            }
        default: break
        }
    }
}
