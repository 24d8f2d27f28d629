import {
    type ColumnDefinition,
    FilterModule,
    FormatModule,
    FrozenColumnsModule,
    InteractionModule,
    ResizeTableModule,
    type RowComponent,
    SortModule,
    type SorterState,
    Tabulator,
} from "tabulator-tables";
import { button, element } from "../dom";
import type { AssetRow, GridChange, GridModel } from "../gridModel";
import type { SortKey } from "../state";
import type { View } from "../views";
import { CellPainter } from "./cellPainter";
import { assetColumn, exchangeColumn, fieldOf, fieldSeparator, sortKeyOf } from "./gridColumns";
import { moveThroughRows } from "./gridKeyboard";

Tabulator.registerModule([
    SortModule,
    FilterModule,
    FormatModule,
    FrozenColumnsModule,
    InteractionModule,
    ResizeTableModule,
]);

export interface AssetGridOptions {
    model: GridModel;
    view(): View;
    now(): number;
    sort: SortKey[];
    passes(row: AssetRow): boolean;
    panel(asset: string): HTMLElement | null;
    isMatch(asset: string): boolean;
    onToggle(asset: string): void;
    onSort(sort: SortKey[]): void;
    onFiltered(count: number): void;
}

const rowHeight = 30;

/** The table of assets by exchanges. Tabulator lays out, sorts, filters and scrolls; cells are redrawn one by one. */
export class AssetGrid {
    readonly root = element("div", { class: "grid", testid: "grid" });
    private readonly table: Tabulator;
    private readonly painter: CellPainter;
    private readonly toggles = new Map<string, { toggle: HTMLElement; badge: HTMLElement }>();
    private ready = false;
    private readonly whenReady: (() => void)[] = [];
    private exchanges: readonly string[];

    constructor(private readonly options: AssetGridOptions, exchanges: readonly string[]) {
        this.exchanges = exchanges;
        this.painter = new CellPainter(options.model, options.view, options.now);
        this.table = new Tabulator(this.root, {
            data: [...options.model.rows.values()],
            index: "asset",
            columns: this.columns(),
            columnDefaults: { headerSortTristate: true },
            nestedFieldSeparator: fieldSeparator,
            height: "100%",
            layout: "fitColumns",
            rowHeight,
            placeholder: element("div", { class: "grid-empty", testid: "grid-empty", text: "No results found." }),
            initialSort: this.sorters(options.sort),
            // Otherwise the column clicked last would be the one that counts first.
            sortOrderReverse: true,
            rowFormatter: (row) => this.attachPanel(row),
        });
        this.table.on("rowClick", (_, row) => options.onToggle((row.getData() as AssetRow).asset));
        this.table.on("dataSorting", (sorters) => {
            // A column that is hidden for now is not sorted by, but comes back with its sorting.
            if (this.ready) options.onSort(sortKeys(sorters));
        });
        this.table.on("dataFiltered", (_, rows) => options.onFiltered(rows.length));
        this.table.on("tableBuilt", () => {
            this.ready = true;
            moveThroughRows(this.root, this.table, (row) => options.onToggle((row.getData() as AssetRow).asset));
            for (const run of this.whenReady.splice(0)) run();
        });
        new ResizeObserver(([entry]) => {
            if (entry) this.root.style.setProperty("--grid-width", `${Math.floor(entry.contentRect.width)}px`);
        }).observe(this.root);
    }

    /** Other exchanges are to be columns. */
    setExchanges(exchanges: readonly string[], sort: SortKey[]): void {
        if (exchanges.join() === this.exchanges.join()) return;
        this.exchanges = exchanges;
        this.then(() => {
            this.ready = false;
            this.painter.forget();
            this.table.setColumns(this.columns());
            this.table.setSort(this.sorters(sort));
            this.ready = true;
        });
    }

    /** Rows came or went; those that stay keep their place, order and unfolded panels. */
    reloadRows(): void {
        this.then(() => void this.table.replaceData([...this.options.model.rows.values()]));
    }

    refilter(): void {
        this.then(() => this.table.setFilter((row: AssetRow) => this.options.passes(row)));
    }

    /** Puts rows back in order after their values changed. */
    resort(): void {
        this.then(() => this.table.setSort(this.sorters(this.sort)));
    }

    get sort(): SortKey[] {
        if (!this.ready) return [];
        return sortKeys(this.table.getSorters());
    }

    /** The rows as they are shown: filtered and in order. */
    get shownRows(): AssetRow[] {
        if (!this.ready) return [];
        return this.table.getRows("active").map((row) => row.getData() as AssetRow);
    }

    paint(changes: GridChange["cells"]): void {
        this.painter.paint(changes);
    }

    repaint(): void {
        this.painter.repaint();
    }

    /** The row's panel opened, closed or changed its height. */
    updateRow(asset: string): void {
        this.updateToggle(asset);
        this.then(() => {
            const row = this.table.getRow(asset);
            if (!row) return;
            if (!row.getElement().isConnected) return row.reformat();
            this.attachPanel(row);
            row.normalizeHeight();
        });
    }

    updateMatches(): void {
        for (const asset of this.toggles.keys()) this.updateToggle(asset);
    }

    private columns(): ColumnDefinition[] {
        const { painter, options } = this;
        const rates = this.exchanges.map((exchange) => exchangeColumn(exchange, painter, options.view));
        return [assetColumn((asset) => this.assetCell(asset)), ...rates];
    }

    private assetCell(asset: string): HTMLElement {
        const toggle = button({ class: "toggle", testid: `expand-${asset}`, tabindex: -1 }, () => undefined);
        const badge = element("span", { class: "match-badge", text: "Contract Match", testid: `match-${asset}` });
        this.toggles.set(asset, { toggle, badge });
        this.updateToggle(asset);
        return element("div", { class: "asset" }, toggle, element("span", { class: "asset-name", text: asset }), badge);
    }

    private updateToggle(asset: string): void {
        const parts = this.toggles.get(asset);
        if (!parts) return;
        const open = this.options.panel(asset) !== null;
        parts.toggle.setAttribute("aria-expanded", String(open));
        parts.toggle.setAttribute("aria-label", `${open ? "Hide" : "Show"} contracts of ${asset}`);
        parts.badge.hidden = !this.options.isMatch(asset);
    }

    private attachPanel(row: RowComponent): void {
        const node = row.getElement();
        const { asset } = row.getData() as AssetRow;
        node.dataset["testid"] = `row-${asset}`;
        const panel = this.options.panel(asset);
        node.classList.toggle("expanded", panel !== null);
        if (panel && panel.parentNode !== node) node.append(panel);
    }

    private sorters(sort: readonly SortKey[]): SorterState[] {
        const known = sort.filter(({ field: name }) => name === "asset" || this.exchanges.includes(name));
        return known.map(({ field: name, dir }) => ({ column: fieldOf(name), dir }));
    }

    private then(run: () => void): void {
        if (this.ready) run();
        else this.whenReady.push(run);
    }
}

function sortKeys(sorters: readonly SorterState[]): SortKey[] {
    return sorters.map(({ field, dir }) => ({ field: sortKeyOf(field ?? ""), dir }));
}
