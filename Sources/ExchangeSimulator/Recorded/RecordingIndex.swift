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
        bybit GET /v5/market/tickers category=linear bybit/tickers_linear.json
        bybit GET /v5/market/tickers category=inverse bybit/tickers_inverse.json
        bybit GET /v5/market/instruments-info category=linear,status=PreLaunch bybit/instruments_linear__prelaunch.json
        bybit GET /v5/market/instruments-info category=linear bybit/instruments_linear.json
        bybit GET /v5/market/funding/history category=linear,symbol=ETHPERP bybit/funding_history.json
        bybit GET /v5/market/open-interest category=inverse,symbol=BTCUSD bybit/open_interest.json
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
