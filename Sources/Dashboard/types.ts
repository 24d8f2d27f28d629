/** The shapes the API sends. Field names are the wire's; `null` means "not known", zero is a value. */

/** One exchange's funding of one asset, as the grid shows it: the most extreme of its contracts. */
export interface GridCell {
    symbol: string;
    /** Fraction per funding interval, 0.0001 = 0.01 %. */
    funding_rate: number | null;
    /** Percent per year. */
    apr: number | null;
    funding_interval_hours: number | null;
    z_score: number | null;
    percentile: number | null;
    mean_30d: number | null;
    std_dev_30d: number | null;
    /** Every contract of this asset on this exchange. */
    contracts: string[];
    contract_count: number;
    last_updated: string | null;
    stale: boolean;
    /** US dollars. */
    open_interest: number | null;
    next_funding_time: string | null;
    confidence: string | null;
}

/** Cells by the exchange's display name. */
export type GridCells = Record<string, GridCell>;

/** What a frame tells of cells: all of a new one, otherwise the members that are different. */
export type GridCellChanges = Record<string, Partial<GridCell>>;

export interface GridRow {
    asset: string;
    exchanges: GridCells;
}

/** Body of `GET /api/funding-rates-grid` and of the grid channel's snapshot. */
export interface GridBody {
    data: GridRow[];
    total_assets: number;
    seq: number;
    timestamp: string;
}

/** One contract, as `GET /api/funding-rates` and `GET /api/contracts-by-asset` list it. */
export interface ContractRow {
    exchange: string;
    symbol: string;
    base_asset: string;
    quote_asset: string | null;
    funding_rate: number | null;
    funding_interval_hours: number | null;
    apr: number | null;
    index_price: number | null;
    mark_price: number | null;
    open_interest: number | null;
    contract_type: string | null;
    market_type: string | null;
    last_updated: string | null;
    mean_30d: number | null;
    std_dev_30d: number | null;
    current_z_score: number | null;
    current_percentile: number | null;
    next_funding_time: string | null;
    trading_url: string | null;
    is_active: boolean;
    stale: boolean;
    hours_since_update: number | null;
}

export interface ContractsBody {
    asset: string;
    total: number;
    exchanges: string[];
    contracts: ContractRow[];
    timestamp: string;
}

export interface HealthBody {
    status: string;
    database: string;
    redis: string;
    collector: { running: boolean; last_cycle_at: string | null; age_seconds: number | null };
    version: string;
    uptime_seconds: number;
    timestamp: string;
}

/** What a contract's row takes from a rates frame; the other columns change too rarely to be pushed. */
export type RateChange = Pick<
    ContractRow,
    | "symbol"
    | "base_asset"
    | "funding_rate"
    | "funding_interval_hours"
    | "apr"
    | "mark_price"
    | "index_price"
    | "open_interest"
    | "next_funding_time"
>;

export interface GridFrame {
    type: "grid";
    seq: number;
    /** `seq` of the grid frame before this one: tells a missed frame from one of another channel. */
    prev?: number | null;
    ts: string;
    changed?: { asset: string; exchanges?: GridCellChanges; removed?: string[] }[];
    /** Assets that have no contract any more. */
    removed?: string[];
    /**
     * When each exchange's newest poll of all its contracts was observed, also where no rate changed. What a stream
     * tells between polls is not in it: there each cell's own `last_updated` counts.
     */
    observed?: Record<string, string>;
}

export interface RatesFrame {
    type: "rates";
    seq: number;
    ts: string;
    exchange: string;
    /** When the rows in `changed` were seen on the exchange. */
    observed_at?: string | null;
    /** It tells of the contracts in `changed` and of no other: a stream's news, not a poll of all. */
    partial?: boolean;
    changed?: RateChange[];
    removed?: string[];
}

export type ServerFrame =
    | { type: "hello"; session: string; seq: number; channels: string[]; heartbeat_s?: number }
    | { type: "snapshot"; channel: string; seq: number; ts: string; data: GridBody; reset?: boolean }
    | GridFrame
    | RatesFrame
    | { type: "pong"; id: number; ts: string }
    | { type: "error"; code: string; detail: string };
