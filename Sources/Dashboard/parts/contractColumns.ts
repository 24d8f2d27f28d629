import { element, icon } from "../dom";
import { exchangeColour } from "../exchanges";
import * as format from "../format";
import type { ContractRow } from "../types";

/** One column of the contract table: what it sorts by and how it draws a row's cell. */
export interface ContractColumn {
    id: string;
    title: string;
    numeric: boolean;
    value(row: ContractRow): number | string | null;
    /** `now`: server time in milliseconds. */
    draw(cell: HTMLElement, row: ContractRow, now: number): void;
}

export const contractColumns: readonly ContractColumn[] = [
    { id: "symbol", title: "Contract", numeric: false, value: (row) => row.symbol, draw: drawContract },
    { id: "exchange", title: "Exchange", numeric: false, value: (row) => row.exchange, draw: drawExchange },
    text("base", "Base", (row) => row.base_asset),
    text("quote", "Quote", (row) => row.quote_asset),
    figure("interval", "Interval", (row) => row.funding_interval_hours, format.interval),
    figure("rate", "Funding Rate", (row) => row.funding_rate, format.rate, sign),
    figure("apr", "APR", (row) => row.apr, format.apr, sign),
    {
        id: "next",
        title: "Next Funding",
        numeric: true,
        value: (row) => (row.next_funding_time === null ? null : Date.parse(row.next_funding_time)),
        draw: (cell, row, now) => {
            const left = secondsLeft(row, now);
            write(cell, format.countdown(left), left === null ? "" : left < 600 ? "soon" : "");
        },
    },
    figure("open-interest", "Open Interest", (row) => row.open_interest, format.dollars),
    figure("mark", "Mark Price", (row) => row.mark_price, format.price),
    figure("index", "Index Price", (row) => row.index_price, format.price),
    figure("z-score", "Z-Score", (row) => row.current_z_score, format.zScore, (z) =>
        Math.abs(z) >= 2 ? "extreme" : Math.abs(z) >= 1 ? "notable" : "",
    ),
    figure("percentile", "Percentile", (row) => row.current_percentile, format.percentile, (percentile) =>
        Math.abs(percentile - 50) >= 40 ? "extreme" : Math.abs(percentile - 50) >= 25 ? "notable" : "",
    ),
    figure("mean", "Mean (30d)", (row) => row.mean_30d, format.rate, sign),
    figure("deviation", "StdDev", (row) => row.std_dev_30d, format.rate),
];

export function secondsLeft(row: ContractRow, now: number): number | null {
    return row.next_funding_time === null ? null : (Date.parse(row.next_funding_time) - now) / 1000;
}

/** Whether the contract may be gone from the exchange: inactive, or not seen for an hour. */
export function isDoubtful(row: ContractRow): boolean {
    return !row.is_active || (row.hours_since_update ?? 0) > 1;
}

function text(id: string, title: string, value: (row: ContractRow) => string | null): ContractColumn {
    return { id, title, numeric: false, value, draw: (cell, row) => write(cell, value(row) ?? "-", "") };
}

function figure(
    id: string,
    title: string,
    value: (row: ContractRow) => number | null,
    show: (value: number | null) => string,
    tone: (value: number) => string = () => "",
): ContractColumn {
    return {
        id,
        title,
        numeric: true,
        value,
        draw(cell, row) {
            const number = value(row);
            write(cell, show(number), number === null ? "none" : tone(number));
        },
    };
}

function sign(value: number): string {
    return value > 0 ? "positive" : value < 0 ? "negative" : "none";
}

function write(cell: HTMLElement, content: string, tone: string): void {
    if (cell.textContent !== content) cell.textContent = content;
    if (cell.dataset["tone"] !== tone) cell.dataset["tone"] = tone;
}

function drawExchange(cell: HTMLElement, row: ContractRow): void {
    if (cell.textContent === row.exchange) return;
    const dot = element("span", { class: "exchange-dot", "aria-hidden": "true" });
    dot.style.background = exchangeColour(row.exchange);
    cell.replaceChildren(dot, row.exchange);
}

/** The link to the exchange's own page. Only https addresses become links, whatever the API should send. */
function drawContract(cell: HTMLElement, row: ContractRow): void {
    const address = row.trading_url?.startsWith("https://") ? row.trading_url : null;
    const seen = format.age(row.hours_since_update === null ? null : row.hours_since_update * 3600);
    const title = isDoubtful(row)
        ? `Contract may be delisted (last seen ${seen} ago)`
        : `Open ${row.symbol} on ${row.exchange}`;
    const present = cell.firstElementChild;
    if (cell.textContent === row.symbol && present?.getAttribute("title") === title) return;
    cell.replaceChildren(
        address === null
            ? element("span", { text: row.symbol, title })
            : element(
                  "a",
                  { href: address, target: "_blank", rel: "noopener noreferrer", title },
                  row.symbol,
                  icon("external"),
              ),
    );
}
