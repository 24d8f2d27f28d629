import type { ContractStore } from "../contractStore";
import type { RatesFrame } from "../types";
import { ContractPanel } from "./contractPanel";
import type { ContractScope } from "./contractTable";

/**
 * Which rows are unfolded, and their panels. The reader's own choice stands above the search's: a row folded by hand
 * stays folded until the search changes.
 */
export class Expansions {
    private readonly panels = new Map<string, ContractPanel>();
    private readonly bySearch = new Set<string>();

    constructor(
        private readonly store: ContractStore,
        private readonly scope: (asset: string) => ContractScope,
        /** Called when a row opened, closed or changed its height. */
        private readonly onChange: (asset: string) => void,
        private readonly onWatch: (assets: string[]) => void,
    ) {}

    isOpen(asset: string): boolean {
        return this.panels.has(asset);
    }

    panel(asset: string): ContractPanel | undefined {
        return this.panels.get(asset);
    }

    toggle(asset: string): void {
        if (this.isOpen(asset)) this.close(asset);
        else this.open(asset);
        this.bySearch.delete(asset);
        this.watch();
    }

    /** A new search: opens the rows it found, closes those opened by the one before. `null` closes all. */
    follow(found: ReadonlySet<string> | null): void {
        const leaving = found === null ? [...this.panels.keys()] : [...this.bySearch].filter((row) => !found.has(row));
        for (const asset of leaving) this.close(asset);
        for (const asset of found ?? []) {
            if (this.isOpen(asset)) continue;
            this.open(asset);
            this.bySearch.add(asset);
        }
        this.watch();
    }

    rescope(): void {
        for (const panel of this.panels.values()) panel.rescope();
    }

    apply(frame: RatesFrame): void {
        for (const [asset, panel] of this.panels) if (panel.apply(frame)) void this.load(asset, panel, true);
    }

    tick(): void {
        for (const panel of this.panels.values()) panel.tick();
    }

    /** Reads the open rows' contracts again: after missed rates, or because the reader asked. */
    reload(): void {
        for (const [asset, panel] of this.panels) void this.load(asset, panel, true);
    }

    private open(asset: string): void {
        const panel: ContractPanel = new ContractPanel(
            asset,
            () => this.scope(asset),
            () => void this.load(asset, panel, true),
            () => this.onChange(asset),
        );
        this.panels.set(asset, panel);
        this.onChange(asset);
        void this.load(asset, panel, false);
    }

    private close(asset: string): void {
        this.panels.get(asset)?.root.remove();
        this.panels.delete(asset);
        this.bySearch.delete(asset);
        this.onChange(asset);
    }

    private async load(asset: string, panel: ContractPanel, fresh: boolean): Promise<void> {
        try {
            panel.setRows(await this.store.contracts(asset, fresh));
        } catch (error) {
            panel.fail((error as Error).message);
        }
    }

    private watch(): void {
        this.onWatch([...this.panels.keys()]);
    }
}
