import type { RowComponent, Tabulator } from "tabulator-tables";

/**
 * Arrow keys, Page Up/Down, Home and End move a cursor through the rows; Enter and Space unfold the row it is on.
 * One stop for the Tab key however many rows there are.
 */
export function moveThroughRows(root: HTMLElement, table: Tabulator, onToggle: (row: RowComponent) => void): void {
    const holder = root.querySelector<HTMLElement>(".tabulator-tableholder");
    if (!holder) return;
    holder.tabIndex = 0;
    holder.setAttribute("aria-label", "Funding rates, arrow keys to move, Enter to show contracts");
    let cursor: RowComponent | null = null;

    const place = (row: RowComponent | null) => {
        cursor?.getElement().classList.remove("cursor");
        cursor = row;
        row?.getElement().classList.add("cursor");
    };

    holder.addEventListener("keydown", (event) => {
        if (event.target !== holder) return;
        const rows = table.getRows("active");
        const at = cursor ? rows.findIndex((row) => row.getData() === cursor?.getData()) : -1;
        if ((event.key === "Enter" || event.key === " ") && cursor && at >= 0) {
            event.preventDefault();
            return onToggle(cursor);
        }
        const next = target(event.key, at, rows.length);
        const row = next === null ? undefined : rows[next];
        if (!row) return;
        event.preventDefault();
        void table.scrollToRow(row, "nearest", false).then(() => place(row));
    });
    holder.addEventListener("blur", () => place(null));
}

const page = 15;

function target(key: string, at: number, count: number): number | null {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    const step = steps[key];
    if (key === "Home") return 0;
    if (key === "End") return count - 1;
    return step === undefined ? null : Math.max(0, Math.min(count - 1, at + step));
}
