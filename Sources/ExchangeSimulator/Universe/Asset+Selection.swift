extension [Asset] {
    /// The `count` largest of a kind, without those that are left out.
    func largest(_ count: Int, _ kind: Asset.Kind = .coin, without names: Set<String> = []) -> [Asset] {
        Array(filter { $0.kind == kind && !names.contains($0.name) }.prefix(count))
    }

    func named(_ name: String) -> Asset? { first { $0.name == name } }
}
