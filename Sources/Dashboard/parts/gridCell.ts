import type { GridCell } from "../types";
import { type View, cellText, valueInPercent } from "../views";

/** Where each tint begins, in percent of APR. */
const tintSteps = [10, 30, 100];
const notableZScore = 2;
/** A change glows from so many percent of APR on, and from this share of the rate on. */
const flashStep = 0.5;
const flashShare = 0.03;

/** Draws one cell of the grid. Everything but the text is in data attributes, which the style sheet reads. */
export function paintCell(node: HTMLElement, cell: GridCell | undefined, view: View, stale: boolean): void {
    const text = cellText(cell, view);
    if (node.textContent !== text) node.textContent = text;
    const value = cell ? valueInPercent(cell, view) : null;
    mark(node, "sign", value === null ? "none" : value > 0 ? "positive" : value < 0 ? "negative" : "zero");
    mark(node, "tint", value === null || value === 0 ? null : String(tint(cell?.apr ?? null)));
    mark(node, "stale", cell && stale ? "true" : null);
    mark(node, "missing", cell ? null : "true");
    mark(node, "notable", Math.abs(cell?.z_score ?? 0) >= notableZScore ? "true" : null);
}

/** 0 … 3 by the size of the APR, so that the tint means the same in every view. */
export function tint(apr: number | null): number {
    return tintSteps.filter((step) => Math.abs(apr ?? 0) >= step).length;
}

/** A short glow in the direction of a change worth a look: streams move most rates a little every second. */
export function flash(node: HTMLElement, before: number | null, after: number | null): void {
    if (before === null || after === null || reducedMotion.matches) return;
    if (Math.abs(after - before) < Math.max(flashStep, Math.abs(before) * flashShare)) return;
    const colour = after > before ? "var(--flash-up)" : "var(--flash-down)";
    // The keyframe at the end is left out: the colour fades into whatever tint the cell has by then.
    node.animate([{ backgroundColor: colour, offset: 0 }], 900);
}

const reducedMotion = window.matchMedia("(prefers-reduced-motion: reduce)");

function mark(node: HTMLElement, key: string, value: string | null): void {
    if (value === null) delete node.dataset[key];
    else if (node.dataset[key] !== value) node.dataset[key] = value;
}
