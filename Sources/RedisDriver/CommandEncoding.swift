/// Commands in the form in which they travel, one behind the other.
///
/// A NUL that does not travel follows each: hiredis looks for arguments with `strchr`, past the length it was given, and
/// would read whatever lies behind a SUBSCRIBE as further channels.
struct EncodedCommands: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Where each command ends in `bytes`: at its NUL.
    private(set) var ends: [Int] = []

    init(_ commands: [[RedisArgument]]) {
        ends.reserveCapacity(commands.count)
        for command in commands {
            append(UInt8(ascii: "*"), command.count)
            for argument in command {
                append(UInt8(ascii: "$"), argument.bytes.count)
                bytes.append(contentsOf: argument.bytes)
                endLine()
            }
            ends.append(bytes.count)
            bytes.append(0)
        }
    }

    init(_ command: [RedisArgument]) {
        self.init([command])
    }

    var count: Int { ends.count }

    func range(of index: Int) -> Range<Int> {
        (index == 0 ? 0 : ends[index - 1] + 1)..<ends[index]
    }

    private mutating func append(_ marker: UInt8, _ number: Int) {
        bytes.append(marker)
        bytes.append(contentsOf: String(number).utf8)
        endLine()
    }

    private mutating func endLine() {
        bytes.append(0x0D)
        bytes.append(0x0A)
    }
}
