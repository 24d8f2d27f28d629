import FundingCore

/// Decides, from what was heard and said when, what a stream's connection needs now. A connection that only answers
/// heartbeats is as dead as one that says nothing: what counts is data.
struct StreamWatch: Sendable {
    enum Need: Equatable, Sendable {
        case nothing
        case heartbeat
        /// It has lived as long as it should: a new one takes its place.
        case renewal
        /// Nothing came for too long; names the channel if the others still speak.
        case silence(channel: String?)
    }

    private let terms: StreamTerms
    private let heartbeatPeriod: Duration?
    private let openedAt: ContinuousClock.Instant
    private var beatenAt: ContinuousClock.Instant
    private var dataAt: ContinuousClock.Instant
    private let rhythms: [String: Duration]
    /// By channel; at first the moment of opening, so that a channel that never begins is missed too.
    private var heardAt: [String: ContinuousClock.Instant]

    init(
        _ terms: StreamTerms, _ connection: StreamConnection, heartbeat: StreamTerms.Heartbeat,
        at now: ContinuousClock.Instant
    ) {
        self.terms = terms
        heartbeatPeriod =
            switch heartbeat {
            case .none: nil
            case .text(_, let period), .pingFrame(let period): period
            }
        openedAt = now
        beatenAt = now
        dataAt = now
        rhythms = connection.rhythms
        heardAt = connection.rhythms.mapValues { _ in now }
    }

    mutating func heard(_ channels: [String], at now: ContinuousClock.Instant) {
        dataAt = now
        for channel in channels where heardAt[channel] != nil { heardAt[channel] = now }
    }

    mutating func beat(at now: ContinuousClock.Instant) { beatenAt = now }

    func need(at now: ContinuousClock.Instant) -> Need {
        if now - dataAt > terms.silence { return .silence(channel: nil) }
        // The first in order of names, so that the same state always says the same.
        let silent = heardAt.filter { now - $0.value > rhythms[$0.key] ?? terms.silence }.keys.min()
        if let silent { return .silence(channel: silent) }
        if let lifetime = terms.lifetime, now - openedAt > lifetime { return .renewal }
        if let heartbeatPeriod, now - beatenAt >= heartbeatPeriod { return .heartbeat }
        return .nothing
    }
}
