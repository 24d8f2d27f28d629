import type { GridChange, GridModel } from "../gridModel";
import type { View } from "../views";
import { flash, paintCell } from "./gridCell";

/** Main-thread time, in milliseconds, that one animation frame may spend on drawing changes. */
const frameBudget = 6;

const keyOf = (asset: string, exchange: string) => `${asset}|${exchange}`;

/**
 * Draws rate cells straight from the model. Tabulator makes the elements; a pushed change goes past it, since its
 * own update of a row costs many times as much as setting one text.
 */
export class CellPainter {
    private readonly nodes = new Map<string, HTMLElement>();
    private readonly queue = new Map<string, GridChange["cells"][number]>();
    private frame = 0;

    constructor(
        private readonly model: GridModel,
        private readonly view: () => View,
        private readonly now: () => number,
    ) {}

    /** Takes an element that Tabulator made for a cell, also anew for one it has made before. */
    adopt(node: HTMLElement, asset: string, exchange: string): void {
        node.dataset["testid"] = `cell-${asset}-${exchange}`;
        node.dataset["asset"] = asset;
        node.dataset["exchange"] = exchange;
        this.nodes.set(keyOf(asset, exchange), node);
        this.draw(node);
    }

    forget(): void {
        this.nodes.clear();
    }

    /** Draws changed cells, a few milliseconds' worth a frame; a cell that changes twice meanwhile is drawn once. */
    paint(changes: GridChange["cells"]): void {
        for (const change of changes) {
            const key = keyOf(change.asset, change.exchange);
            const waiting = this.queue.get(key);
            this.queue.set(key, waiting ? { ...change, before: waiting.before } : change);
        }
        this.schedule();
    }

    /** Draws every cell there is: the view changed, or ages passed a limit. */
    repaint(): void {
        for (const node of this.nodes.values()) this.draw(node);
    }

    private schedule(): void {
        if (this.frame === 0 && this.queue.size > 0) this.frame = requestAnimationFrame(() => this.work());
    }

    private work(): void {
        const begun = performance.now();
        this.frame = 0;
        for (const [key, { asset, exchange, before }] of this.queue) {
            this.queue.delete(key);
            const node = this.nodes.get(key);
            if (!node) continue;
            this.draw(node);
            if (node.isConnected) flash(node, before?.apr ?? null, this.model.cell(asset, exchange)?.apr ?? null);
            if (performance.now() - begun > frameBudget) break;
        }
        this.schedule();
    }

    private draw(node: HTMLElement): void {
        const exchange = node.dataset["exchange"] ?? "";
        const cell = this.model.cell(node.dataset["asset"] ?? "", exchange);
        paintCell(node, cell, this.view(), cell !== undefined && this.model.isStale(cell, exchange, this.now()));
    }
}
