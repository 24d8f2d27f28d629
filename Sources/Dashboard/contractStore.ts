import { api } from "./api";
import type { ContractRow } from "./types";

const cacheMilliseconds = 60_000;
const parallelRequests = 4;

/** Contracts by asset: fetched when first wanted, kept for a minute, at most four requests at once. */
export class ContractStore {
    private readonly kept = new Map<string, { at: number; rows: ContractRow[] }>();
    private readonly pending = new Map<string, Promise<ContractRow[]>>();
    private readonly queue: (() => void)[] = [];
    private running = 0;

    async contracts(asset: string, fresh = false): Promise<ContractRow[]> {
        const known = this.kept.get(asset);
        if (known && !fresh && performance.now() - known.at < cacheMilliseconds) return known.rows;
        const pending = this.pending.get(asset) ?? this.fetch(asset);
        this.pending.set(asset, pending);
        return pending;
    }

    private async fetch(asset: string): Promise<ContractRow[]> {
        await this.turn();
        try {
            const { contracts } = await api.contracts(asset);
            this.kept.set(asset, { at: performance.now(), rows: contracts });
            return contracts;
        } finally {
            this.pending.delete(asset);
            this.running -= 1;
            this.queue.shift()?.();
        }
    }

    private async turn(): Promise<void> {
        if (this.running >= parallelRequests) await new Promise<void>((go) => this.queue.push(go));
        this.running += 1;
    }
}
