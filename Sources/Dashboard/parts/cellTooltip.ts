import { element } from "../dom";
import * as format from "../format";
import type { GridModel } from "../gridModel";
import type { GridCell } from "../types";

interface Subject {
    asset: string;
    exchange: string;
    cell: GridCell | undefined;
    stale: boolean;
    /** Seconds since the rate was last seen on the exchange. */
    age: number | null;
    /** Server time, milliseconds. */
    now: number;
}

/** The details of the cell under the pointer, drawn from the model at the moment they are asked for. */
export class CellTooltip {
    private readonly root = element("div", { class: "tooltip", role: "tooltip", testid: "tooltip", hidden: true });
    private anchor: HTMLElement | null = null;
    private delay = 0;

    constructor(area: HTMLElement, private readonly model: GridModel, private readonly now: () => number) {
        document.body.append(this.root);
        area.addEventListener("pointerover", (event) => {
            if (event.pointerType !== "touch") this.point(cellOf(event.target));
        });
        area.addEventListener("pointerleave", () => this.point(null));
        area.addEventListener("scroll", () => this.point(null), { capture: true, passive: true });
        area.addEventListener("click", () => this.point(null));
    }

    /** Brings age and countdown up to date. */
    tick(): void {
        if (!this.root.hidden) this.draw();
    }

    private point(cell: HTMLElement | null): void {
        if (cell === this.anchor) return;
        this.anchor = cell;
        window.clearTimeout(this.delay);
        this.root.hidden = true;
        if (cell) this.delay = window.setTimeout(() => this.draw(), 150);
    }

    private draw(): void {
        const subject = this.anchor?.isConnected ? this.subject(this.anchor.dataset) : null;
        this.root.hidden = subject === null;
        if (subject === null || this.anchor === null) return;
        this.root.replaceChildren(...content(subject));
        const box = this.anchor.getBoundingClientRect();
        const { offsetWidth: width, offsetHeight: height } = this.root;
        const left = Math.min(Math.max(8, box.left + box.width / 2 - width / 2), window.innerWidth - width - 8);
        const below = box.bottom + 6;
        const top = below + height > window.innerHeight - 8 ? box.top - height - 6 : below;
        this.root.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
    }

    private subject({ asset, exchange }: DOMStringMap): Subject | null {
        if (asset === undefined || exchange === undefined) return null;
        const now = this.now();
        const cell = this.model.cell(asset, exchange);
        const seen = cell ? this.model.observedAt(cell, exchange) : null;
        const stale = cell !== undefined && this.model.isStale(cell, exchange, now);
        return { asset, exchange, cell, stale, now, age: seen === null ? null : (now - seen) / 1000 };
    }
}

function cellOf(target: EventTarget | null): HTMLElement | null {
    return target instanceof HTMLElement ? target.closest<HTMLElement>("[data-exchange]") : null;
}

function content({ asset, exchange, cell, stale, age, now }: Subject): HTMLElement[] {
    const title = element("div", { class: "tooltip-title", text: `${asset} · ${exchange}` });
    if (!cell) return [title, element("div", { class: "tooltip-note", text: "No data available" })];
    const due = cell.next_funding_time === null ? null : (Date.parse(cell.next_funding_time) - now) / 1000;
    const facts: [string, string][] = [
        ["Contract", cell.symbol],
        ["Funding rate", `${format.rate(cell.funding_rate)} / ${format.interval(cell.funding_interval_hours)}`],
        ["APR", format.apr(cell.apr)],
        ["Next funding", format.countdown(due)],
        ["Open interest", format.dollars(cell.open_interest)],
    ];
    if (cell.z_score !== null) {
        facts.push(["Z-score", `${format.zScore(cell.z_score)}, percentile ${format.percentile(cell.percentile)}`]);
        facts.push(["Mean, σ (30d)", `${format.rate(cell.mean_30d)}, ${format.rate(cell.std_dev_30d)}`]);
    }
    facts.push([stale ? "Stale, last seen" : "Age", age === null ? format.age(null) : `${format.age(age)} ago`]);
    const list = element("dl", { class: "tooltip-facts" });
    for (const [name, value] of facts) list.append(element("dt", { text: name }), element("dd", { text: value }));
    const others = cell.contract_count - 1;
    const note = `Most extreme of ${format.integer(cell.contract_count)} contracts`;
    return [title, list, ...(others > 0 ? [element("div", { class: "tooltip-note", text: note })] : [])];
}
