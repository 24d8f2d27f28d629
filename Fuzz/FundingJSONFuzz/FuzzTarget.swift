import FundingJSON

/// libFuzzer calls this with every input it thinks of. A fault stops the process, and libFuzzer keeps the input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let fault = ParserProperty.fault(on: bytes) {
        fatalError("\(fault), for \(bytes)")
    }
    return 0
}
