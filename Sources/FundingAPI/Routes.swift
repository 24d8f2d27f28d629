import FundingCore
import FundingStore
import WebServer

/// The whole API on one page: every endpoint is declared by the part that answers it.
struct Routes: Sendable {
    let source: MarketSource
    let arbitrage: ArbitrageSource
    let reads: TableReads
    let raw: RawExcerptStore
    let desk: BackfillDesk
    let settings: SettingsEndpoints
    let live: LiveFeed
    let health: HealthBoard
    let meter: RequestMeter
    let redisAddress: String
    let dashboard: StaticFiles?
    let gate: Gate
    let shutDown: @Sendable () -> Void

    /// All endpoints, in the order of the document.
    var endpoints: [Endpoint] {
        let view = source.view
        let completeness = CompletenessReads(history: reads.history)
        let parts: [[Endpoint]] = [
            HealthEndpoints(view: view, arbitrage: arbitrage.view, health: health, live: live).endpoints,
            PerformanceEndpoints(view: view, reads: reads, meter: meter, redisAddress: redisAddress).endpoints,
            MetricsEndpoint(
                view: view, arbitrage: arbitrage.view, health: health, live: live, reads: reads, meter: meter
            ).endpoints,
            MarketEndpoints(source: source, live: live).endpoints,
            CurrentFundingEndpoint(source: source).endpoints,
            SummaryEndpoints(source: source, health: health).endpoints,
            ExchangeEndpoints(source: source, health: health).endpoints,
            ScoreEndpoints(source: source).endpoints,
            PredictionEndpoints(source: source, reads: reads).endpoints,
            ContractEndpoint(source: source, reads: reads, completeness: completeness).endpoints,
            TermsEndpoints(source: source, reads: reads).endpoints,
            ExplainEndpoint(source: source, reads: reads, raw: raw).endpoints,
            SymbolHistoryEndpoints(source: source, reads: reads).endpoints,
            AssetHistoryEndpoint(source: source, reads: reads).endpoints,
            ContractHistoryEndpoint(source: source, reads: reads).endpoints,
            OpportunityEndpoint(source: arbitrage).endpoints,
            LegacyOpportunityEndpoint(source: arbitrage).endpoints,
            AssetSearchEndpoint(source: arbitrage).endpoints,
            OpportunityDetailEndpoint(source: arbitrage, reads: reads).endpoints,
            PairEndpoints(source: source, reads: reads).endpoints,
            ExportEndpoints(source: source, reads: reads).endpoints,
            OpportunityExport(source: arbitrage, reads: reads).endpoints,
            BackfillEndpoints(source: source, reads: reads, desk: desk, completeness: completeness).endpoints,
            VerifyEndpoint(source: source, reads: reads, completeness: completeness).endpoints,
            EventStreamEndpoint(view: view, live: live).endpoints,
            settings.endpoints,
            AlertEndpoints(source: source, reads: reads, settings: settings.store).endpoints,
            BacktestEndpoint(source: source, reads: reads, settings: settings.store).endpoints,
            ServiceEndpoints(reads: reads, shutDown: shutDown).endpoints,
        ]
        let declared = parts.flatMap(\.self)
        let described =
            declared
            + Documentation(
                of: declared + index(declared).endpoints, pages: dashboard
            ).endpoints
        return described + index(described).endpoints
    }

    func router() -> WebRouter {
        var router = WebRouter()
        router.errorBody = { error, request in ErrorBody.response(to: error, of: request) }
        router.use(gate.crossOrigin.middleware)
        let endpoints = endpoints
        for endpoint in endpoints {
            router.on(endpoint.method.rawValue, endpoint.path, isQuick: endpoint.isQuick) { [gate] in
                try await gate.serve($0, endpoint)
            }
        }
        router.fallback = index(endpoints).elsewhere
        return router
    }

    private func index(_ listed: [Endpoint]) -> IndexEndpoint {
        IndexEndpoint(view: source.view, health: health, dashboard: dashboard, listed: listed)
    }
}
