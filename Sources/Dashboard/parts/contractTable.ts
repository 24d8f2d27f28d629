import { button, element, setText } from "../dom";
import { contractKey } from "../search";
import type { ContractRow, RatesFrame } from "../types";
import { contractColumns, isDoubtful } from "./contractColumns";
import { flash } from "./gridCell";

interface Line {
    row: ContractRow;
    node: HTMLTableRowElement;
    cells: HTMLTableCellElement[];
}

/** What the table shows of the contracts it holds. */
export interface ContractScope {
    isShown(exchange: string): boolean;
    /** Keys of the contracts the search means; their rows are ringed. */
    matching: ReadonlySet<string>;
    now: number;
}

/** All contracts of one asset. A pushed rate redraws its own row only. */
export class ContractTable {
    private readonly lines = new Map<string, Line>();
    private readonly body = element("tbody");
    private readonly arrows: HTMLElement[] = [];
    private readonly headers: HTMLElement[] = [];
    private sortColumn: number | null = null;
    private descending = false;
    readonly root: HTMLTableElement;

    constructor(asset: string, private readonly scope: () => ContractScope) {
        const header = element("tr");
        contractColumns.forEach(({ id, title, numeric }, index) => {
            const arrow = element("span", { class: "arrow", "aria-hidden": "true" });
            const name = `contract-sort-${id}`;
            const sort = button({ class: "sort", testid: name }, () => this.sortBy(index), title, arrow);
            const cell = element("th", { scope: "col", class: numeric ? "numeric" : "", "aria-sort": "none" }, sort);
            this.arrows.push(arrow);
            this.headers.push(cell);
            header.append(cell);
        });
        this.root = element(
            "table",
            { class: "contracts", "aria-label": `Contracts of ${asset}` },
            element("thead", {}, header),
            this.body,
        );
    }

    /** How many contracts the scope lets through. */
    get shownCount(): number {
        const { isShown } = this.scope();
        return [...this.lines.values()].filter((line) => isShown(line.row.exchange)).length;
    }

    setRows(rows: readonly ContractRow[]): void {
        const present = new Set(rows.map((row) => contractKey(row.exchange, row.symbol)));
        for (const key of this.lines.keys()) if (!present.has(key)) this.lines.delete(key);
        for (const row of rows) {
            const key = contractKey(row.exchange, row.symbol);
            const line = this.lines.get(key);
            if (line) line.row = row;
            else this.lines.set(key, this.newLine(row));
        }
        this.arrange();
    }

    /** Takes a frame's changes over; says whether it named a contract of the asset that the table does not know. */
    apply(frame: RatesFrame, asset: string): boolean {
        const { now } = this.scope();
        let unknown = false;
        for (const change of frame.changed ?? []) {
            const line = this.lines.get(contractKey(frame.exchange, change.symbol));
            if (!line) {
                unknown ||= change.base_asset === asset;
                continue;
            }
            const before = line.row.apr;
            const seen = { last_updated: frame.observed_at ?? frame.ts, stale: false, hours_since_update: 0 };
            line.row = { ...line.row, ...change, ...seen };
            this.draw(line, now);
            const node = line.cells[contractColumns.findIndex((column) => column.id === "apr")];
            if (node) flash(node, before, line.row.apr);
        }
        let gone = false;
        for (const symbol of frame.removed ?? []) gone = this.lines.delete(contractKey(frame.exchange, symbol)) || gone;
        if (gone) this.arrange();
        return unknown;
    }

    /** Puts the rows in order and shows those in scope. */
    arrange(): void {
        const { isShown, matching, now } = this.scope();
        const shown = [...this.lines.entries()].filter(([, line]) => isShown(line.row.exchange));
        shown.sort(([, a], [, b]) => this.compare(a.row, b.row));
        for (const [key, line] of shown) {
            line.node.classList.toggle("matching", matching.has(key));
            this.draw(line, now);
        }
        this.body.replaceChildren(...shown.map(([, line]) => line.node));
    }

    /** Moves the countdowns. */
    tick(): void {
        const { now } = this.scope();
        const index = contractColumns.findIndex((column) => column.id === "next");
        const column = contractColumns[index];
        for (const line of this.lines.values()) {
            const cell = line.cells[index];
            if (cell && column) column.draw(cell, line.row, now);
        }
    }

    private newLine(row: ContractRow): Line {
        const cells = contractColumns.map(({ numeric }) => element("td", { class: numeric ? "numeric" : "" }));
        const node = element("tr", { testid: `contract-${row.exchange}-${row.symbol}` }, ...cells);
        return { row, node, cells };
    }

    private draw(line: Line, now: number): void {
        contractColumns.forEach((column, index) => {
            const cell = line.cells[index];
            if (cell) column.draw(cell, line.row, now);
        });
        line.node.classList.toggle("doubtful", isDoubtful(line.row));
        line.node.classList.toggle("stale", line.row.stale);
    }

    /** Ascending, descending, and back to the usual order. */
    private sortBy(index: number): void {
        if (this.sortColumn !== index) [this.sortColumn, this.descending] = [index, false];
        else if (!this.descending) this.descending = true;
        else this.sortColumn = null;
        this.headers.forEach((header, at) => {
            const direction = at !== this.sortColumn ? "none" : this.descending ? "descending" : "ascending";
            header.setAttribute("aria-sort", direction);
            const arrow = this.arrows[at];
            if (arrow) setText(arrow, direction === "none" ? "" : this.descending ? "↓" : "↑");
        });
        this.arrange();
    }

    private compare(a: ContractRow, b: ContractRow): number {
        const usual = a.exchange.localeCompare(b.exchange) || a.symbol.localeCompare(b.symbol);
        const column = this.sortColumn === null ? undefined : contractColumns[this.sortColumn];
        if (!column) return usual;
        const [left, right] = [column.value(a), column.value(b)];
        // Missing values stay last in both directions.
        if (left === null || right === null) return Number(left === null) - Number(right === null) || usual;
        const order =
            typeof left === "string" || typeof right === "string"
                ? String(left).localeCompare(String(right))
                : left - right;
        return (this.descending ? -order : order) || usual;
    }
}
