/// The faults in force; of several that fit a request the last one set counts.
struct FaultPlan: Sendable {
    private(set) var faults: [Fault] = []
    private var lastID = 0
    /// More than any test sets; the oldest make room.
    private static let maximum = 1000

    var nextID: Int { lastID + 1 }

    mutating func add(_ fault: Fault) {
        lastID = max(lastID, fault.id)
        faults.append(fault)
        if faults.count > Self.maximum { faults.removeFirst() }
    }

    mutating func removeAll() { faults.removeAll() }

    /// The fault that spoils a request, counted down.
    mutating func take(feed: String, path: String) -> Fault? {
        let place = faults.lastIndex { fault in
            fault.feed ?? feed == feed && path.hasPrefix(fault.path ?? "")
        }
        guard let place else { return nil }
        let fault = faults[place]
        if let remaining = fault.remaining {
            if remaining <= 1 { faults.remove(at: place) } else { faults[place].remaining = remaining - 1 }
        }
        return fault
    }
}
