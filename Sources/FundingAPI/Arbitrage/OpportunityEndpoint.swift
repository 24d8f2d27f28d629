import Foundation
import FundingCore
import FundingJSON
import WebServer

/// `GET /api/arbitrage/opportunities-v2`: every pair of two exchanges that pays, filtered, sorted and cut into pages.
struct OpportunityEndpoint: Sendable {
    private static let version = "v2-contract-level-paginated"

    let source: ArbitrageSource

    var endpoints: [Endpoint] {
        [
            .get(
                "/api/arbitrage/opportunities-v2", .arbitrage,
                "Pairs of two exchanges that pay, what they leave after costs, and what speaks against them.",
                OpportunityParameters.filters + OpportunityParameters.order + [
                    OpportunityPage.number, OpportunityPage.size,
                ],
                answers: Self.schema, opportunities
            ).also(304, nil, nil, "Nothing has changed since.")
        ]
    }

    private static let schema = body.with(ArbitrageSource.stateSchema)

    private static let body: JSONShape = [
        "opportunities": .list(OpportunityRow.schema), "statistics": OpportunityStatistics.schema,
        "pagination": .pagination,
        "parameters": OpportunityFilter.schema.with([
            "sort_by": .words(OpportunityOrder.Key.self), "sort_dir": .words(RateOrder.Direction.self),
            "page": .count, "page_size": .count,
        ]),
        "version": .word([version]),
    ]

    private func opportunities(_ arguments: inout Arguments) async throws -> WebResponse {
        let moment = try source.moment()
        let filter = OpportunityFilter(&arguments)
        let order = OpportunityOrder(&arguments, holdingHours: filter.holdingHours)
        let (page, size) = (arguments[OpportunityPage.number], arguments[OpportunityPage.size])
        try arguments.finish()
        let pairs = filter.pairs(in: moment)
        let statistics = OpportunityStatistics(of: pairs, holdingHours: filter.holdingHours)
        let paging = OpportunityPage(page: page, size: size, total: pairs.count)
        let shown = paging.part(of: order.sorted(pairs)).map { moment.row($0, holdingHours: filter.holdingHours) }
        return source.json(moment) { writer in
            writer.field("opportunities", shown)
            writer.key("statistics")
            statistics.write(contracts: moment.list.progress?.summary.contracts ?? 0, to: &writer)
            paging.write(to: &writer)
            writer.key("parameters")
            writer.beginObject()
            filter.writeMembers(moment.names, to: &writer)
            writer.field("sort_by", order.key.rawValue)
            writer.field("sort_dir", order.direction.rawValue)
            writer.field("page", page)
            writer.field("page_size", size)
            writer.endObject()
            writer.field("version", Self.version)
        }
    }
}

extension OpportunityOrder {
    init(_ arguments: inout Arguments, holdingHours: Double?) {
        self.init(
            key: arguments[OpportunityParameters.sortBy], direction: arguments[OpportunityParameters.direction],
            holdingHours: holdingHours)
    }
}
