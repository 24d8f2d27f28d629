import type { AssetRow } from "./gridModel";

/** Searching starts at this length: one letter matches nearly everything. */
export const shortestSearch = 2;

/** What the user typed, taken apart. All terms must hold for one and the same contract. */
export interface Search {
    /** Each found anywhere in asset, symbol or exchange. */
    terms: string[];
    symbol: string | null;
    exchange: string | null;
    intervalHours: number | null;
}

export interface Contract {
    asset: string;
    exchange: string;
    symbol: string;
    intervalHours: number | null;
}

/** Reads `btc bybit`, `sym:XBTUSDTM`, `ex:kucoin`, `int:1h`; `null` if there is nothing to search for. */
export function parseSearch(text: string): Search | null {
    const trimmed = text.trim().toLowerCase();
    if (trimmed.length < shortestSearch) return null;
    const search: Search = { terms: [], symbol: null, exchange: null, intervalHours: null };
    for (const word of trimmed.split(/\s+/)) {
        const [, operator, value] = /^(sym|ex|int):(.*)$/.exec(word) ?? [];
        if (operator === undefined) search.terms.push(word);
        else if (!value) continue;
        else if (operator === "sym") search.symbol = value;
        else if (operator === "ex") search.exchange = value;
        else search.intervalHours = Number.parseFloat(value);
    }
    const empty = search.terms.length === 0 && search.symbol === null && search.exchange === null;
    return empty && search.intervalHours === null ? null : search;
}

export function matches(search: Search, contract: Contract): boolean {
    const symbol = contract.symbol.toLowerCase();
    const exchange = contract.exchange.toLowerCase();
    if (search.symbol !== null && search.symbol !== symbol) return false;
    if (search.exchange !== null && search.exchange !== exchange) return false;
    if (search.intervalHours !== null && search.intervalHours !== contract.intervalHours) return false;
    const asset = contract.asset.toLowerCase();
    return search.terms.every((term) => asset.includes(term) || symbol.includes(term) || exchange.includes(term));
}

export function contractKey(exchange: string, symbol: string): string {
    return `${exchange}|${symbol}`;
}

/**
 * Finds contracts in the grid itself, whose cells name all their contracts: complete and always current.
 * The grid tells the interval of the contract it shows only; `intervals` supplies those of the others.
 */
export class ContractIndex {
    private readonly intervals = new Map<string, number | null>();

    setIntervals(contracts: { exchange: string; symbol: string; funding_interval_hours: number | null }[]): void {
        for (const { exchange, symbol, funding_interval_hours } of contracts) {
            this.intervals.set(contractKey(exchange, symbol), funding_interval_hours);
        }
    }

    /** Keys of a row's contracts that the search means, on the exchanges that are shown. */
    matchesIn(row: AssetRow, search: Search, isShown: (exchange: string) => boolean): Set<string> {
        const found = new Set<string>();
        for (const [exchange, cell] of Object.entries(row.cells)) {
            if (!cell || !isShown(exchange)) continue;
            for (const symbol of cell.contracts.length > 0 ? cell.contracts : [cell.symbol]) {
                const key = contractKey(exchange, symbol);
                const shown = symbol === cell.symbol ? cell.funding_interval_hours : null;
                const intervalHours = this.intervals.get(key) ?? shown;
                if (matches(search, { asset: row.asset, exchange, symbol, intervalHours })) found.add(key);
            }
        }
        return found;
    }
}
