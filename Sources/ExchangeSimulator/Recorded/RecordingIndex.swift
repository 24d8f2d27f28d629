/// Which recorded file answers which documented request.
enum RecordingIndex {
    struct Entry: Sendable {
        var feed: String
        var method: String
        var path: String
        /// What the query, or the body of a POST, must hold; what else it holds does not matter.
        var fields: [String: String]
        /// Fields that must not be there.
        var without: Set<String> = []
        /// Below the folder of recordings.
        var file: String
    }

    /// The first that fits a request answers it, so the narrower ones stand first.
    static let all: [Entry] = table.split(separator: "\n").map(entry)

    /// feed, method, path, fields (`name=value`, `!name` for one that must be missing), file.
    private static let table = """
        binance-usdm GET /fapi/v1/exchangeInfo - binance/usdm_exchange_info__2021_full.json
        binance-usdm GET /fapi/v1/fundingInfo - binance/usdm_funding_info.json
        binance-usdm GET /fapi/v1/premiumIndex symbol=BTCUSDT binance/usdm_premium_index_single.json
        binance-usdm GET /fapi/v1/premiumIndex !symbol binance/usdm_premium_index.json
        binance-usdm GET /fapi/v1/openInterest symbol=BTCUSDT binance/usdm_open_interest.json
        binance-usdm GET /futures/data/openInterestHist symbol=BTCUSDT binance/usdm_open_interest_hist.json
        binance-usdm GET /fapi/v1/fundingRate symbol=BTCUSDT binance/usdm_funding_rate__2023.json
        binance-usdm GET /fapi/v1/fundingRate !symbol binance/usdm_funding_rate.json
        kucoin GET /api/v1/contracts/active - kucoin/contracts_active.json
        kucoin GET /api/v1/contract/funding-rates symbol=IDUSDTM kucoin/funding_rates_history.json
        kucoin GET /api/v1/funding-rate/ETHUSDTM/current - kucoin/funding_rate_current__2026.json
        kucoin GET /api/v1/funding-rate/XBTUSDTM/current - kucoin/funding_rate_current.json
        kucoin GET /api/ua/v1/market/open-interest - kucoin/uta_open_interest.json
        kucoin GET /api/ua/v1/market/funding-rate-history symbol=XBTUSDTM kucoin/uta_funding_rate_history.json
        kucoin GET /api/ua/v2/market/funding-rate - kucoin/uta_v2_funding_rate_all.json
        kucoin POST /api/v1/bullet-public - kucoin/bullet_public.json
        binance-coinm GET /dapi/v1/exchangeInfo - binance/coinm_exchange_info__2021_full.json
        binance-coinm GET /dapi/v1/fundingInfo - binance/coinm_funding_info.json
        binance-coinm GET /dapi/v1/premiumIndex symbol=BTCUSD_PERP binance/coinm_premium_index_single.json
        binance-coinm GET /dapi/v1/premiumIndex !symbol binance/coinm_premium_index.json
        binance-coinm GET /dapi/v1/openInterest symbol=BTCUSD_PERP binance/coinm_open_interest.json
        binance-coinm GET /dapi/v1/fundingRate symbol=BTCUSD_PERP binance/coinm_funding_rate.json
        bybit GET /v5/market/tickers category=linear bybit/tickers_linear.json
        bybit GET /v5/market/tickers category=inverse bybit/tickers_inverse.json
        bybit GET /v5/market/instruments-info category=linear,status=PreLaunch bybit/instruments_linear__prelaunch.json
        bybit GET /v5/market/instruments-info category=linear bybit/instruments_linear.json
        bybit GET /v5/market/funding/history category=linear,symbol=ETHPERP bybit/funding_history.json
        bybit GET /v5/market/open-interest category=inverse,symbol=BTCUSD bybit/open_interest.json
        mexc GET /api/v1/contract/detail symbol=BTC_USDT mexc/contract_detail_single.json
        mexc GET /api/v1/contract/detail !symbol mexc/contract_detail.json
        mexc GET /api/v1/contract/funding_rate/history symbol=BTC_USDT mexc/funding_rate_history.json
        mexc GET /api/v1/contract/funding_rate/BTC_USDT - mexc/funding_rate_single.json
        mexc GET /api/v1/contract/funding_rate - mexc/funding_rate_all.json
        mexc GET /api/v1/contract/ticker !symbol mexc/ticker_all.json
        mexc GET /api/v1/contract/fair_price/BTC_USDT - mexc/fair_price.json
        backpack GET /api/v1/markets - backpack/markets.json
        backpack GET /api/v1/markPrices - backpack/mark_prices.json
        backpack GET /api/v1/openInterest - backpack/open_interest.json
        backpack GET /api/v1/fundingRates symbol=BTC_USDC_PERP backpack/funding_rates.json
        hyperliquid POST /info type=metaAndAssetCtxs,!dex hyperliquid/meta_and_asset_ctxs.json
        hyperliquid POST /info type=meta,!dex hyperliquid/meta_2023.json
        hyperliquid POST /info type=allMids,!dex hyperliquid/all_mids_2023.json
        hyperliquid POST /info type=perpDexs hyperliquid/perp_dexs.json
        hyperliquid POST /info type=spotMeta hyperliquid/spot_meta.json
        hyperliquid POST /info type=perpConciseAnnotations hyperliquid/perp_concise_annotations.json
        hyperliquid POST /info type=allPerpMetas hyperliquid/all_perp_metas.json
        hyperliquid POST /info type=predictedFundings hyperliquid/predicted_fundings.json
        hyperliquid POST /info type=fundingHistory,coin=BTC hyperliquid/funding_history_btc.json
        hyperliquid POST /info type=fundingHistory,coin=xyz:XYZ100 hyperliquid/funding_history_xyz.json
        aster GET /fapi/v3/exchangeInfo - aster/exchange_info.json
        aster GET /fapi/v3/fundingInfo - aster/funding_info.json
        aster GET /fapi/v3/premiumIndex !symbol aster/premium_index.json
        aster GET /fapi/v3/openInterest symbol=BTCUSDT aster/open_interest_btcusdt.json
        aster GET /fapi/v3/fundingRate symbol=BTCUSDT aster/funding_rate_btcusdt.json
        aster GET /fapi/v3/ticker/24hr - aster/ticker_24hr.json
        lighter GET /api/v1/orderBookDetails market_id=0 lighter/order_book_details_full_eth.json
        lighter GET /api/v1/orderBookDetails - lighter/order_book_details.json
        lighter GET /api/v1/orderBooks - lighter/order_books.json
        lighter GET /api/v1/funding-rates - lighter/funding_rates.json
        lighter GET /api/v1/fundings market_id=1 lighter/fundings_btc.json
        deribit GET /api/v2/public/get_instruments currency=USDC deribit/instruments__usdc_2022_full.json
        deribit GET /api/v2/public/get_instruments - deribit/instruments_future.json
        deribit GET /api/v2/public/get_book_summary_by_currency currency=BTC deribit/book_summary_by_instrument.json
        deribit GET /api/v2/public/get_book_summary_by_instrument instrument_name=BTC-PERPETUAL \
        deribit/book_summary_by_instrument.json
        deribit GET /api/v2/public/ticker instrument_name=BTC-PERPETUAL deribit/ticker.json
        deribit GET /api/v2/public/get_funding_rate_history instrument_name=BTC-PERPETUAL deribit/funding_rate_history.json
        deribit GET /api/v2/public/get_funding_rate_value instrument_name=BTC-PERPETUAL deribit/funding_rate_value.json
        kraken GET /derivatives/api/v3/instruments - kraken/instruments.json
        kraken GET /derivatives/api/v3/instruments/status - kraken/instruments_status.json
        kraken GET /derivatives/api/v3/tickers - kraken/tickers.json
        kraken GET /derivatives/api/v4/historicalfundingrates symbol=PI_XBTUSD kraken/historical_funding_rates.json
        drift GET /stats/markets - drift/drift_stats_markets_ccxt.json
        drift GET /market/BTC-PERP/fundingRates - drift/velocity_funding_rates_btc_perp.json
        drift GET /market/SOL-PERP/fundingRates - drift/drift_funding_rates_sol_perp.json
        pacifica GET /api/v1/info - pacifica/info.json
        pacifica GET /api/v1/info/prices - pacifica/info_prices_docs.json
        pacifica GET /api/v1/funding_rate/history symbol=BTC pacifica/funding_rate_history_btc.json
        hibachi GET /market/inventory - hibachi/inventory_sdk.json
        hibachi GET /market/exchange-info - hibachi/exchange_info_sdk.json
        hibachi GET /market/data/prices symbol=ETH/USDT-P hibachi/prices_eth.json
        hibachi GET /market/data/open-interest symbol=ETH/USDT-P hibachi/open_interest.json
        hibachi GET /market/data/funding-rates symbol=BTC/USDT-P hibachi/funding_rates_btc.json
        dydx GET /v4/perpetualMarkets ticker=BTC-USD dydx/perpetual_markets_full_fields.json
        dydx GET /v4/perpetualMarkets - dydx/perpetual_markets.json
        dydx GET /v4/historicalFunding/BTC-USD - dydx/historical_funding_btc.json
        edgex GET /api/v2/public/meta/getMetaData - edgex/meta_data.json
        edgex GET /api/v2/public/quote/getTicker contractId=30000001 edgex/ticker_30000001.json
        edgex GET /api/v2/public/funding/getFundingRatePage contractId=30000001 edgex/funding_rate_page_30000001.json
        apex GET /api/v3/ticker symbol=BTCUSDT apex/ticker_btcusdt.json
        apex GET /api/v3/ticker symbol=SPCXUSDT apex/ticker_spcxusdt.json
        apex GET /api/v3/ticker symbol=NOPEUSDT apex/ticker_unknown_symbol.json
        apex GET /api/v3/history-funding symbol=BTC-USDT apex/history_funding_btc_usdt.json
        apex GET /api/v3/history-funding symbol=NOPE-USDT apex/history_funding_invalid_symbol.json
        """

    private static func entry(_ line: Substring) -> Entry {
        let words = line.split(separator: " ").map(String.init)
        precondition(words.count == 5, "a line of the index has five columns: \(line)")
        var entry = Entry(feed: words[0], method: words[1], path: words[2], fields: [:], file: words[4])
        for field in words[3].split(separator: ",") where field != "-" {
            if field.hasPrefix("!") {
                entry.without.insert(String(field.dropFirst()))
            } else {
                let pair = field.split(separator: "=", maxSplits: 1).map(String.init)
                precondition(pair.count == 2, "neither name=value nor !name: \(field)")
                entry.fields[pair[0]] = pair[1]
            }
        }
        return entry
    }
}
