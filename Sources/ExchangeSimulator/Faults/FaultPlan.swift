/// The faults in force. Of several that fit a request the last one set counts; a socket suffers all that fit it.
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
    mutating func take(feed: String, path: String, at wall: Int) -> Fault? {
        forgetEnded(at: wall)
        return takeLast { !$0.isStream && $0.fits(feed, path) }
    }

    /// The fault that refuses a socket, counted down.
    mutating func takeRefusal(feed: String, path: String, at wall: Int) -> Fault? {
        forgetEnded(at: wall)
        return takeLast { $0.kind == .refuse && $0.fits(feed, path) }
    }

    /// What the faults make of an open socket, those counted down that strike it for the first time.
    mutating func orders(
        for socket: Int, feed: String, path: String, on moment: StreamMoment, at wall: Int
    ) -> StreamOrders {
        forgetEnded(at: wall)
        var orders = StreamOrders()
        for place in faults.indices where faults[place].strikes(on: moment) && faults[place].fits(feed, path) {
            if !faults[place].struck.contains(socket) {
                guard faults[place].remaining != 0 else { continue }
                faults[place].strike(socket)
            }
            orders.obey(faults[place])
        }
        faults.removeAll { $0.remaining == 0 && $0.kind.isMomentary }
        return orders
    }

    /// A socket is gone: no fault stays with it.
    mutating func forget(_ socket: Int) {
        for place in faults.indices { faults[place].struck.remove(socket) }
    }

    private mutating func takeLast(where fits: (Fault) -> Bool) -> Fault? {
        guard let place = faults.lastIndex(where: fits), faults[place].hasItsTurn() else { return nil }
        let fault = faults[place]
        if let remaining = fault.remaining {
            if remaining <= 1 { faults.remove(at: place) } else { faults[place].remaining = remaining - 1 }
        }
        return fault
    }

    private mutating func forgetEnded(at wall: Int) {
        faults.removeAll { fault in fault.until.map { $0 <= wall } ?? false }
    }
}

extension Fault {
    fileprivate func fits(_ feed: String, _ path: String) -> Bool {
        self.feed ?? feed == feed && path.hasPrefix(self.path ?? "")
    }

    /// A close and a huge frame come by themselves, garbage comes with the pushes, the rest always holds.
    fileprivate func strikes(on moment: StreamMoment) -> Bool {
        switch kind {
        case .refuse: false
        case .close, .hugeFrame: moment != .message
        case .garbage: isStream && moment == .push
        default: isStream
        }
    }

    /// Counts an occasion; of a fault with a share only some are used.
    fileprivate mutating func hasItsTurn() -> Bool {
        guard let share else { return true }
        occasions += 1
        return (Double(occasions) * share).rounded(.down) > (Double(occasions - 1) * share).rounded(.down)
    }

    fileprivate mutating func strike(_ socket: Int) {
        strikes += 1
        if let remaining { self.remaining = remaining - 1 }
        if !kind.isMomentary { struck.insert(socket) }
    }
}
