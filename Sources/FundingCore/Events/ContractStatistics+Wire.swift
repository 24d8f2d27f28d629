public import FundingJSON

extension ContractStatistics {
    /// Writes the fields of an object that is open, named as the columns of `funding_statistics`.
    public func writeFields(to writer: inout JSONWriter) {
        writer.field("funding_rate", fundingRate)
        writer.field("funding_interval_hours", interval.hours)
        writer.field("data_points", dataPoints)
        writer.field("expected_points", expectedPoints)
        writer.field("completeness_percentage", completeness)
        writer.field("confidence", confidence.rawValue)
        writer.field("zone", zone.rawValue)
        writer.field("z_score", zScore)
        writer.field("robust_z_score", robustZScore)
        writer.field("percentile", percentile)
        writer.field("mean_30d", rates?.mean)
        writer.field("std_dev_30d", rates?.standardDeviation)
        writer.field("median_30d", rates?.median)
        writer.field("min_30d", rates?.lowest)
        writer.field("max_30d", rates?.highest)
        writer.field("median_deviation_30d", rates?.medianDeviation)
    }

    init(wire json: JSONView) throws {
        let interval = try json.value("funding_interval_hours") { $0.double.flatMap(FundingInterval.init(hours:)) }
        let dataPoints = try json.value("data_points", \.int)
        self.init(
            fundingRate: try json.value("funding_rate", \.double), interval: interval, dataPoints: dataPoints,
            expectedPoints: try json.value("expected_points", \.int),
            rates: try SampleSummary(wire: json, count: dataPoints),
            zScore: try json.optional("z_score", \.double), robustZScore: try json.optional("robust_z_score", \.double),
            percentile: try json.optional("percentile", \.double))
    }
}

extension SampleSummary {
    /// Nil without a mean: there are no statistics then.
    fileprivate init?(wire json: JSONView, count: Int) throws {
        guard let mean = try json.optional("mean_30d", \.double) else { return nil }
        self.init(
            count: count, mean: mean, standardDeviation: try json.optional("std_dev_30d", \.double),
            median: try json.value("median_30d", \.double), lowest: try json.value("min_30d", \.double),
            highest: try json.value("max_30d", \.double),
            medianDeviation: try json.value("median_deviation_30d", \.double))
    }
}
