import FundingJSON

/// A partial document: what it names replaces what is there, what it does not name stays.
public enum SettingsPatch {
    /// A text that is no JSON, or no object.
    public struct Malformed: Error, Sendable, CustomStringConvertible {
        public var description: String
    }

    /// Applies a patch as RFC 7396 (JSON Merge Patch) says: objects are merged key by key, `null` takes a key away, so that
    /// its default holds again, and anything else, a list too, is replaced as a whole.
    public static func merge(_ patch: [UInt8], into document: [UInt8]) throws(Malformed) -> [UInt8] {
        let (target, patch) = (try object(document, "the document"), try object(patch, "the patch"))
        var writer = JSONWriter(reservingCapacity: document.count + patch.rawBytes.count)
        write(patch, over: target, to: &writer)
        return writer.bytes
    }

    private static func object(_ bytes: [UInt8], _ name: String) throws(Malformed) -> JSONView {
        do {
            let root = try JSONDocument(bytes, limits: .settings).root
            guard root.kind == .object else { throw Malformed(description: "\(name) is no JSON object") }
            return root
        } catch let error as Malformed {
            throw error
        } catch {
            throw Malformed(description: "\(name) cannot be read: \(error)")
        }
    }

    private static func write(_ patch: JSONView, over target: JSONView?, to writer: inout JSONWriter) {
        guard patch.kind == .object else { return writer.value(patch) }
        writer.beginObject()
        for (key, value) in target?.lastMembers ?? [] {
            let change = patch[key]
            if change?.isNull == true { continue }
            writer.key(key)
            if let change {
                write(change, over: value, to: &writer)
            } else {
                writer.value(value)
            }
        }
        for (key, change) in patch.lastMembers where target?[key] == nil && !change.isNull {
            writer.key(key)
            write(change, over: nil, to: &writer)
        }
        writer.endObject()
    }
}

extension JSONView {
    /// The members, none for what is no object. Of a key that stands twice the last counts, as in Postgres.
    fileprivate var lastMembers: [(key: String, value: JSONView)] {
        var seen: Set<String> = []
        return members.compactMap { key, _ in
            guard seen.insert(key).inserted, let value = self[key] else { return nil }
            return (key, value)
        }
    }
}
