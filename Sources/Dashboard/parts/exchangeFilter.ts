import { button, element, icon, setText } from "../dom";
import { exchangeColour, exchangeKind, inListOrder } from "../exchanges";
import * as format from "../format";
import { ExchangeSelection } from "../selection";
import type { CrossListing, GridState } from "../state";

const crossListings: { value: CrossListing; label: string }[] = [
    { value: "off", label: "All assets" },
    { value: "two", label: "On ≥ 2 exchanges" },
    { value: "all", label: "On all selected" },
];

/** The sheet at the right: which exchanges are columns, and which rows are worth showing. */
export class ExchangeFilter {
    private readonly summary = element("p", { class: "sheet-summary", testid: "filter-summary" });
    private readonly list = element("ul", { class: "sheet-list" });
    private readonly reset = this.action("Reset All", "filter-reset", () => this.resetAll());
    private readonly hideEmpty: HTMLInputElement;
    private readonly highlight: HTMLInputElement;
    private readonly crossListed = element("select", { testid: "filter-cross-listed", class: "select" });
    private exchanges: readonly string[] = [];
    readonly root: HTMLDialogElement;

    /** `contractCount`: how many contracts an exchange has in the grid. */
    constructor(private readonly state: GridState, private readonly contractCount: (exchange: string) => number) {
        this.hideEmpty = this.checkbox("filter-hide-empty", (hideEmpty) => state.change({ hideEmpty }));
        this.highlight = this.checkbox("filter-highlight-missing", (highlightMissing) =>
            state.change({ highlightMissing }),
        );
        this.crossListed.append(...crossListings.map(({ value, label }) => element("option", { value, text: label })));
        this.crossListed.addEventListener("change", () =>
            state.change({ crossListing: this.crossListed.value as CrossListing }),
        );
        const close = button({ class: "icon-button", "aria-label": "Close", testid: "filter-close" }, () =>
            this.root.close(),
        );
        close.append(icon("close"));
        this.root = element(
            "dialog",
            { class: "sheet", testid: "filter-sheet", "aria-labelledby": "sheet-title" },
            element(
                "header",
                { class: "sheet-header" },
                element("h2", { id: "sheet-title", text: "Exchange filter" }),
                close,
            ),
            this.summary,
            element(
                "div",
                { class: "sheet-actions" },
                this.action("Select All", "filter-select-all", () => this.select(this.exchanges)),
                this.action("Clear", "filter-clear", () => this.clear()),
                this.action("Invert", "filter-invert", () => this.invert()),
                this.reset,
            ),
            this.list,
            element("h3", { text: "Display options" }),
            option(this.hideEmpty, "Hide empty assets", "Rows with no value on the selected exchanges"),
            option(this.highlight, "Highlight missing", "Marks where an asset is not listed"),
            element("label", { class: "option" }, element("span", { text: "Cross-listed only" }), this.crossListed),
        );
        // A click on the backdrop is a click on the dialog itself, outside its box.
        this.root.addEventListener("click", (event) => {
            if (event.target === this.root && event.clientX < this.root.getBoundingClientRect().left) this.root.close();
        });
    }

    open(): void {
        this.update();
        this.root.showModal();
    }

    /** Draws the state anew: exchanges came, or the selection changed. */
    update(): void {
        const { hideEmpty, crossListing, highlightMissing } = this.state.settings;
        this.hideEmpty.checked = hideEmpty;
        this.highlight.checked = highlightMissing;
        this.crossListed.value = crossListing;
        const selected = this.state.selected;
        setText(this.summary, `${selected.length} of ${this.exchanges.length} exchanges selected`);
        this.reset.hidden = this.state.activeFilters === 0;
        for (const item of this.list.children) this.updateItem(item as HTMLElement, selected);
    }

    setExchanges(exchanges: readonly string[]): void {
        this.exchanges = inListOrder(exchanges);
        this.list.replaceChildren(...this.exchanges.map((exchange) => this.item(exchange)));
        this.update();
    }

    private item(exchange: string): HTMLElement {
        const box = this.checkbox(`filter-option-${exchange}`, (checked) => {
            const selected = this.state.selected;
            this.select(checked ? [...selected, exchange] : selected.filter((name) => name !== exchange));
        });
        const dot = element("span", { class: "exchange-dot", "aria-hidden": "true" });
        dot.style.background = exchangeColour(exchange);
        const kind = element("span", { class: "kind", text: exchangeKind(exchange) });
        const count = element("span", { class: "count" });
        const label = element("label", { class: "sheet-item" }, box, dot, exchange, kind, count);
        return element("li", { "data-name": exchange }, label);
    }

    private updateItem(item: HTMLElement, selected: readonly string[]): void {
        const exchange = item.dataset["name"] ?? "";
        const box = item.querySelector("input");
        const count = item.querySelector<HTMLElement>(".count");
        if (!box || !count) return;
        box.checked = selected.includes(exchange);
        // The last one cannot be unticked: a grid without columns says nothing.
        box.disabled = box.checked && selected.length === 1;
        setText(count, format.integer(this.contractCount(exchange)));
    }

    private select(names: readonly string[]): void {
        const left = this.exchanges.filter((exchange) => !names.includes(exchange));
        if (left.length < this.exchanges.length) this.state.change({ selection: ExchangeSelection.except(left) });
    }

    private clear(): void {
        const kept = this.exchanges.includes("Binance") ? "Binance" : this.exchanges[0];
        if (kept !== undefined) this.select([kept]);
    }

    private invert(): void {
        const selected = this.state.selected;
        this.select(this.exchanges.filter((exchange) => !selected.includes(exchange)));
    }

    private resetAll(): void {
        const selection = ExchangeSelection.all;
        this.state.change({ selection, hideEmpty: false, crossListing: "off", highlightMissing: false });
    }

    private action(label: string, testid: string, onClick: () => void): HTMLButtonElement {
        return button({ class: "button", testid, text: label }, onClick);
    }

    private checkbox(testid: string, onChange: (checked: boolean) => void): HTMLInputElement {
        const box = element("input", { type: "checkbox", testid });
        box.addEventListener("change", () => onChange(box.checked));
        return box;
    }
}

function option(box: HTMLInputElement, label: string, title: string): HTMLElement {
    return element("label", { class: "option", title }, element("span", { text: label }), box);
}
