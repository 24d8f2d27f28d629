/// How far a pair stands out by its z-scores: from 0, not at all, to 10.
public enum SignificanceScore {
    /// With both legs' scores zL and zS their divergence is `|zL − zS|` and their magnitude `(|zL| + |zS|) / 2`; legs that
    /// deviate in opposite directions count half as much again:
    /// `2 × (0.5 |zP| + 0.3 divergence + 0.2 magnitude) × (1.5 or 1)`, without the spread's own score zP
    /// `2 × (0.6 divergence + 0.4 magnitude) × (1.5 or 1)`, at most 10. With a leg's score missing it is `2 × (2 |zP|)`;
    /// without any score 0.
    public static func score(long: Double?, short: Double?, spread: Double?) -> Double {
        min(10, 2 * base(long, short, spread.map(abs)))
    }

    private static func base(_ long: Double?, _ short: Double?, _ spread: Double?) -> Double {
        guard let long, let short else { return 2 * (spread ?? 0) }
        let divergence = abs(long - short)
        let magnitude = (abs(long) + abs(short)) / 2
        let weight = long * short < 0 ? 1.5 : 1
        guard let spread else { return (0.6 * divergence + 0.4 * magnitude) * weight }
        return (0.5 * spread + 0.3 * divergence + 0.2 * magnitude) * weight
    }
}
