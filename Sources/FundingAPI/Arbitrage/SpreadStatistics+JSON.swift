import FundingCore
import FundingJSON

/// As the API keeps it for a while; answers tell it member by member.
extension SpreadStatistics {
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("data_points", dataPoints)
        writer.field("mean", mean)
        writer.field("std_dev", standardDeviation)
        writer.field("z_score", zScore)
        writer.field("percentile", percentile)
        writer.endObject()
    }

    /// What `write` has written.
    init(kept: JSONView) {
        self.init(
            dataPoints: kept["data_points"]?.int ?? 0, mean: kept["mean"]?.double,
            standardDeviation: kept["std_dev"]?.double, zScore: kept["z_score"]?.double,
            percentile: kept["percentile"]?.double)
    }
}
