import Foundation

/// A disk of a few megabytes, in memory.
struct SmallDisk {
    static let isPossible = getuid() == 0 && FileManager.default.isExecutableFile(atPath: "/bin/mount")

    let folder: URL
    private let filler: URL
    private let logs: URL

    init(in parent: URL, megabytes: Int, logs: URL) async throws {
        folder = parent.appending(path: "small-disk")
        filler = folder.appending(path: "filler")
        self.logs = logs
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try await run(
            "mount", ["/bin/mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", folder.path], logs: logs)
        try await run("chown", ["/bin/chown", "postgres:", folder.path], logs: logs)
    }

    /// Takes all the space but so many bytes.
    func fill(leaving bytes: Int) throws {
        let attributes = try FileManager.default.attributesOfFileSystem(forPath: folder.path)
        let free = try (attributes[.systemFreeSize] as? Int).required("free space")
        try Data(count: max(0, free - bytes)).write(to: filler)
    }

    func empty() throws { try FileManager.default.removeItem(at: filler) }

    func unmount() async throws { try await run("umount", ["/bin/umount", folder.path], logs: logs) }
}
