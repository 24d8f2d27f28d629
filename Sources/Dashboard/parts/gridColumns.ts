import type { ColumnDefinition, SortDirection } from "tabulator-tables";
import { element } from "../dom";
import { exchangeColour } from "../exchanges";
import type { AssetRow } from "../gridModel";
import type { GridCell } from "../types";
import { type View, valueInPercent } from "../views";
import type { CellPainter } from "./cellPainter";

/** Fields reach into a row's `cells`; the separator is one that no exchange's name contains. */
export const fieldSeparator = "|";

/** Thirteen exchanges fit a screen of 1440 pixels; more, or a smaller screen, scroll sideways under the asset's name. */
const widths = { asset: { narrow: 108, wide: 150 }, exchange: { narrow: 88, wide: 95 } };
const narrow = window.matchMedia("(max-width: 720px)");
const assetField = "asset";
const cellsField = `cells${fieldSeparator}`;

/** The table's field for what the settings call a sort key: `asset`, or an exchange. */
export function fieldOf(sortKey: string): string {
    return sortKey === assetField ? assetField : cellsField + sortKey;
}

export function sortKeyOf(field: string): string {
    return field.startsWith(cellsField) ? field.slice(cellsField.length) : field;
}

export function assetColumn(draw: (asset: string) => HTMLElement): ColumnDefinition {
    return {
        title: "Asset",
        field: assetField,
        frozen: true,
        width: narrow.matches ? widths.asset.narrow : widths.asset.wide,
        cssClass: "asset-column",
        formatter: (cell) => draw((cell.getData() as AssetRow).asset),
        titleFormatter: () => header(assetField, "Asset"),
        sorter: (a, b) => String(a).localeCompare(String(b)),
    };
}

export function exchangeColumn(exchange: string, painter: CellPainter, view: () => View): ColumnDefinition {
    return {
        title: exchange,
        field: fieldOf(exchange),
        minWidth: narrow.matches ? widths.exchange.narrow : widths.exchange.wide,
        hozAlign: "right",
        headerHozAlign: "right",
        formatter(cell) {
            const node = cell.getElement();
            painter.adopt(node, (cell.getData() as AssetRow).asset, exchange);
            return node.textContent ?? "";
        },
        titleFormatter: () => header(exchange, exchange, exchangeColour(exchange)),
        sorter: (a, b, _aRow, _bRow, _column, direction) => compare(a, b, direction, view()),
    };
}

/** Missing values last in both directions: Tabulator swaps the two for a descending sort. */
function compare(a: unknown, b: unknown, direction: SortDirection, view: View): number {
    const value = (cell: unknown) => (cell ? valueInPercent(cell as GridCell, view) : null);
    const [left, right] = [value(a), value(b)];
    if (left !== null && right !== null) return left - right;
    const order = Number(left === null) - Number(right === null);
    return direction === "asc" ? order : -order;
}

/** The header's title takes the focus, so that columns can be sorted from the keyboard; clicks go to Tabulator. */
function header(id: string, title: string, colour?: string): HTMLElement {
    const label = element("span", {
        class: "column-title",
        testid: `sort-${id}`,
        tabindex: 0,
        role: "button",
        title: `Sort by ${title}; with Shift as a further column`,
    });
    if (colour !== undefined) {
        const dot = element("span", { class: "exchange-dot", "aria-hidden": "true" });
        dot.style.background = colour;
        label.append(dot);
    }
    label.append(title);
    label.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        label.dispatchEvent(new MouseEvent("click", { bubbles: true, shiftKey: event.shiftKey }));
    });
    return label;
}
