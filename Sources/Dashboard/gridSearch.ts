import { api } from "./api";
import type { AssetRow } from "./gridModel";
import { ContractIndex, type Search, matches, parseSearch } from "./search";

/** More rows than this found by contract stay folded: the list would drown the reader, and the server in requests. */
const mostOpened = 30;
const intervalsLastMilliseconds = 300_000;

/** What the present search finds in the grid. */
export class GridSearch {
    private readonly index = new ContractIndex();
    private intervalsAt = -Infinity;
    private search: Search | null = null;
    private readonly byContract = new Map<string, Set<string>>();
    private readonly byName = new Set<string>();

    get isActive(): boolean {
        return this.search !== null;
    }

    /** Rows found by a contract. */
    get contractMatches(): number {
        return this.byContract.size;
    }

    /** Rows to unfold; `null` when nothing is searched, so that all are to be folded. */
    get opened(): Set<string> | null {
        if (this.search === null) return null;
        return this.byContract.size > mostOpened ? new Set() : new Set(this.byContract.keys());
    }

    run(text: string, rows: Iterable<AssetRow>, isShown: (exchange: string) => boolean): void {
        this.search = parseSearch(text);
        this.byContract.clear();
        this.byName.clear();
        if (this.search === null) return;
        for (const row of rows) {
            const keys = this.index.matchesIn(row, this.search, isShown);
            if (keys.size > 0) this.byContract.set(row.asset, keys);
            else if (this.meansAsset(row.asset, this.search)) this.byName.add(row.asset);
        }
    }

    /**
     * Reads the intervals of all contracts, for `int:`; the grid itself knows those of the contracts it shows only.
     * True if there is something new to search in.
     */
    async loadIntervals(): Promise<boolean> {
        if (performance.now() - this.intervalsAt < intervalsLastMilliseconds) return false;
        this.intervalsAt = performance.now();
        try {
            this.index.setIntervals(await api.allContracts());
            return true;
        } catch (error) {
            this.intervalsAt = -Infinity;
            console.warn(`Searching by interval sees the contracts shown only: ${(error as Error).message}`);
            return false;
        }
    }

    passes(asset: string): boolean {
        return this.search === null || this.byContract.has(asset) || this.byName.has(asset);
    }

    isMatch(asset: string): boolean {
        return this.byContract.has(asset);
    }

    matching(asset: string): ReadonlySet<string> {
        return this.byContract.get(asset) ?? none;
    }

    /** An asset whose contracts are all on exchanges not shown is still found by its own name. */
    private meansAsset(asset: string, search: Search): boolean {
        return matches(search, { asset, exchange: "", symbol: "", intervalHours: null });
    }
}

const none: ReadonlySet<string> = new Set();
