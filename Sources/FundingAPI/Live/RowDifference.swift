import FundingJSON

/// What of a row is different from what was told of it before.
enum RowDifference {
    /// An object of the members that differ, and of the one that names the row.
    /// - Parameter slight: members that move by themselves: told with another only, but then always.
    /// - Returns: nil if nothing differs that is worth telling.
    static func encoded(_ new: [UInt8], after old: [UInt8], named name: String, slight: Set<String>) -> [UInt8]? {
        guard let newRow = try? JSONDocument(new).root, let oldRow = try? JSONDocument(old).root else { return new }
        var writer = JSONWriter(reservingCapacity: new.count / 2)
        var isWorthTelling = false
        writer.beginObject()
        // One function wrote both, so that their members come in one order.
        for (member, before) in zip(newRow.members, oldRow.members) {
            let isSame = member.value.rawBytes == before.value.rawBytes
            let isSlight = slight.contains(member.key)
            guard !isSame || isSlight || member.key == name else { continue }
            writer.key(member.key)
            writer.raw(member.value.rawBytes)
            if !isSame, !isSlight { isWorthTelling = true }
        }
        writer.endObject()
        return isWorthTelling ? writer.bytes : nil
    }
}
