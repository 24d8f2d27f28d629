public import FundingCore

extension SettingsStore {
    /// Times a change that expects no revision is tried again when somebody else was faster.
    private static let tries = 5

    /// Changes what the patch names and nothing else, as `SettingsPatch` says.
    /// - Throws: besides what `save` throws, `SettingsPatch.Malformed`.
    public func patch(
        _ patch: [UInt8], expecting revision: Int? = nil, author: String, reason: String
    ) async throws -> SettingsEvent {
        for _ in 1..<Self.tries {
            do {
                return try await patchOnce(patch, expecting: revision, author: author, reason: reason)
            } catch is SettingsConflict where revision == nil {}
        }
        return try await patchOnce(patch, expecting: revision, author: author, reason: reason)
    }

    private func patchOnce(
        _ patch: [UInt8], expecting revision: Int?, author: String, reason: String
    ) async throws -> SettingsEvent {
        let current = try await current()
        let document = try SettingsPatch.merge(patch, into: current.document)
        return try await save(document, expecting: revision ?? current.revision, author: author, reason: reason)
    }

    /// Puts a replaced document back, as a new revision.
    /// - Throws: besides what `save` throws, `StoreError` if the backup is not there.
    public func restore(
        _ backup: Int, expecting revision: Int? = nil, author: String, reason: String? = nil
    ) async throws -> SettingsEvent {
        guard let document = try await self.backup(backup) else {
            throw StoreError("there is no backup of the settings of revision \(backup)")
        }
        return try await save(
            document, expecting: revision, author: author, reason: reason ?? "revision \(backup) restored")
    }

    /// Takes back everything that was ever said: defaults hold.
    public func reset(expecting revision: Int? = nil, author: String, reason: String) async throws -> SettingsEvent {
        try await save(Array("{}".utf8), expecting: revision, author: author, reason: reason)
    }
}
