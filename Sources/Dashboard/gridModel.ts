import { inColumnOrder } from "./exchanges";
import type { GridBody, GridCell, GridCellChanges, GridCells, GridFrame } from "./types";

/** One asset's row: the object the table holds too, so that a delta reaches both. */
export interface AssetRow {
    asset: string;
    cells: Record<string, GridCell | undefined>;
}

/** What a snapshot or delta did, so that only this is drawn again. */
export interface GridChange {
    cells: { asset: string; exchange: string; before: GridCell | undefined }[];
    /** Rows came or went. */
    assets: boolean;
    /** A cell came or went, which can change which rows pass the filters. */
    listings: boolean;
    exchanges: boolean;
}

export interface Extreme {
    asset: string;
    exchange: string;
    cell: GridCell;
}

export interface GridStatistics {
    contracts: number;
    assets: number;
    exchanges: number;
    /** Exchanges whose data is not stale. */
    activeExchanges: number;
    highest: Extreme | null;
    lowest: Extreme | null;
}

/** A cell not refreshed for this long is stale even if the server has not come to say so. */
const staleAfterMilliseconds = 300_000;

/** The grid as the server last described it. */
export class GridModel {
    readonly rows = new Map<string, AssetRow>();
    exchanges: string[] = [];
    /** When each exchange's latest poll of all its contracts was observed; what is seen between is each cell's own. */
    private readonly polled = new Map<string, number>();
    private newest = 0;

    /** Takes over a whole grid, reporting only what differs from the present one. */
    replace(body: GridBody): GridChange {
        const present = new Set(body.data.map((row) => row.asset));
        const changed = body.data.map(({ asset, exchanges }) => {
            const known = exchangesOf(this.rows.get(asset));
            return { asset, exchanges, removed: known.filter((exchange) => !(exchange in exchanges)) };
        });
        return this.update(changed, [...this.rows.keys()].filter((asset) => !present.has(asset)));
    }

    apply(frame: GridFrame): GridChange {
        for (const [exchange, time] of Object.entries(frame.observed ?? {})) {
            const seen = this.note(time);
            if (seen > (this.polled.get(exchange) ?? 0)) this.polled.set(exchange, seen);
        }
        const changed = (frame.changed ?? []).map(({ asset, exchanges = {}, removed }) => ({
            asset,
            exchanges: this.completed(asset, exchanges),
            removed,
        }));
        return this.update(changed, frame.removed ?? []);
    }

    /** Cells with the members that a frame leaves out because they are as they were. */
    private completed(asset: string, changes: GridCellChanges): GridCells {
        return Object.fromEntries(
            Object.entries(changes).flatMap(([exchange, change]) => {
                const known = this.cell(asset, exchange);
                return known || change.symbol ? [[exchange, { ...known, ...change } as GridCell]] : [];
            }),
        );
    }

    cell(asset: string, exchange: string): GridCell | undefined {
        return this.rows.get(asset)?.cells[exchange];
    }

    /** When the cell's rate was last seen on the exchange, in milliseconds: polls that changed nothing count. */
    observedAt(cell: GridCell, exchange: string): number | null {
        const own = cell.last_updated === null ? NaN : Date.parse(cell.last_updated);
        if (cell.stale) return Number.isNaN(own) ? null : own;
        const newest = Math.max(Number.isNaN(own) ? 0 : own, this.polled.get(exchange) ?? 0);
        return newest === 0 ? null : newest;
    }

    isStale(cell: GridCell, exchange: string, now: number): boolean {
        const seen = this.observedAt(cell, exchange);
        return cell.stale || (seen !== null && now - seen > staleAfterMilliseconds);
    }

    get newestObservation(): number | null {
        return this.newest === 0 ? null : this.newest;
    }

    contractCount(exchange: string): number {
        let count = 0;
        for (const row of this.rows.values()) count += row.cells[exchange]?.contract_count ?? 0;
        return count;
    }

    /** Extremes are sought among fresh rates, and among stale ones only if there is no other. */
    statistics(now: number): GridStatistics {
        const all: (Extreme & { stale: boolean })[] = [];
        let contracts = 0;
        for (const { asset, cells } of this.rows.values()) {
            for (const [exchange, cell] of Object.entries(cells)) {
                if (!cell) continue;
                contracts += cell.contract_count;
                all.push({ asset, exchange, cell, stale: this.isStale(cell, exchange, now) });
            }
        }
        const fresh = all.filter((entry) => !entry.stale);
        const ranked = (fresh.length > 0 ? fresh : all).filter((entry) => entry.cell.apr !== null);
        const apr = (entry: Extreme) => entry.cell.apr as number;
        const best = (wins: (a: number, b: number) => boolean) =>
            ranked.reduce<Extreme | null>((top, one) => (top === null || wins(apr(one), apr(top)) ? one : top), null);
        return {
            contracts,
            assets: this.rows.size,
            exchanges: this.exchanges.length,
            activeExchanges: new Set(fresh.map((entry) => entry.exchange)).size,
            highest: best((a, b) => a > b),
            lowest: best((a, b) => a < b),
        };
    }

    private update(
        changed: { asset: string; exchanges?: GridCells; removed?: string[] }[],
        removedAssets: string[],
    ): GridChange {
        const change: GridChange = { cells: [], assets: false, listings: false, exchanges: false };
        for (const { asset, exchanges = {}, removed = [] } of changed) {
            const row = this.rows.get(asset) ?? this.addRow(asset, change);
            for (const [exchange, cell] of Object.entries(exchanges)) {
                this.setCell(row, exchange, cell, change);
                if (!cell.stale) this.note(cell.last_updated);
            }
            for (const exchange of removed) this.setCell(row, exchange, undefined, change);
            if (exchangesOf(row).length === 0) removedAssets.push(asset);
        }
        for (const asset of removedAssets) change.assets = this.rows.delete(asset) || change.assets;
        if (change.listings || change.assets) change.exchanges = this.recountExchanges();
        return change;
    }

    private addRow(asset: string, change: GridChange): AssetRow {
        const row: AssetRow = { asset, cells: {} };
        this.rows.set(asset, row);
        change.assets = true;
        return row;
    }

    private setCell(row: AssetRow, exchange: string, cell: GridCell | undefined, change: GridChange): void {
        const before = row.cells[exchange];
        if (cell === undefined) delete row.cells[exchange];
        else row.cells[exchange] = cell;
        if ((before === undefined) !== (cell === undefined)) change.listings = true;
        if (!sameOnScreen(before, cell)) change.cells.push({ asset: row.asset, exchange, before });
    }

    /** The time in milliseconds, 0 if there is none. */
    private note(time: string | null): number {
        const seen = time === null ? NaN : Date.parse(time);
        if (seen > this.newest) this.newest = seen;
        return Number.isNaN(seen) ? 0 : seen;
    }

    private recountExchanges(): boolean {
        const present = new Set<string>();
        for (const row of this.rows.values()) for (const exchange of exchangesOf(row)) present.add(exchange);
        const sorted = inColumnOrder(present);
        const differs = sorted.join("\n") !== this.exchanges.join("\n");
        this.exchanges = sorted;
        return differs;
    }
}

/** Where the asset is listed. Tabulator writes `undefined` into the cells it draws empty: keys alone tell nothing. */
function exchangesOf(row: AssetRow | undefined): string[] {
    return Object.entries(row?.cells ?? {}).flatMap(([exchange, cell]) => (cell ? [exchange] : []));
}

/** Whether the two look alike in the grid; times and open interest show in the tooltip only, which reads the model. */
function sameOnScreen(a: GridCell | undefined, b: GridCell | undefined): boolean {
    if (a === undefined || b === undefined) return a === b;
    return (
        a.apr === b.apr &&
        a.funding_rate === b.funding_rate &&
        a.funding_interval_hours === b.funding_interval_hours &&
        a.stale === b.stale &&
        a.z_score === b.z_score
    );
}
