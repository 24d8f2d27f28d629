import { csv, download } from "./csv";
import * as format from "./format";
import type { AssetRow } from "./gridModel";
import { type View, valueInPercent } from "./views";

/** Saves the grid as shown: the rows in their order, the columns selected, the values of the view in percent. */
export function exportGrid(rows: readonly AssetRow[], exchanges: readonly string[], view: View, now: number): void {
    const unit = view.hours === null ? "APR %" : `${view.label} %`;
    const header = ["Asset", ...exchanges.map((exchange) => `${exchange} (${unit})`)];
    const lines = rows.map(({ asset, cells }) => [
        asset,
        ...exchanges.map((exchange) => {
            const cell = cells[exchange];
            return cell ? valueInPercent(cell, view) : null;
        }),
    ]);
    download(`funding_grid_${view.id}_${format.fileStamp(now)}.csv`, csv([header, ...lines], format.plainNumber));
}
