import { button, element, icon, setText } from "../dom";
import * as format from "../format";
import { type View, views } from "../views";
import type { SearchBox } from "./searchBox";

export interface ToolbarActions {
    openFilter(): void;
    chooseView(view: View): void;
    refresh(): void;
    exportCSV(): void;
}

/** The line over the grid: exchange filter, view, refresh, export, counter, search. */
export class Toolbar {
    private readonly badge = element("span", { class: "badge", testid: "exchange-filter-badge", hidden: true });
    private readonly share = element("span", { class: "filter-share", testid: "exchange-filter-count" });
    private readonly counter = element("div", { class: "counter", testid: "counter", "aria-live": "polite" });
    private readonly viewButtons: HTMLButtonElement[];
    private readonly refreshButton: HTMLButtonElement;
    readonly filterButton: HTMLButtonElement;
    readonly root: HTMLElement;

    constructor(actions: ToolbarActions, search: SearchBox) {
        this.filterButton = button(
            { class: "button filter-button", testid: "exchange-filter", "aria-haspopup": "dialog" },
            () => actions.openFilter(),
            icon("filter"),
            element("span", { class: "filter-label", text: "Exchange filter" }),
            this.badge,
            this.share,
        );
        this.viewButtons = views.map((view) =>
            button({ class: "segment", testid: `view-${view.id}`, title: view.title, text: view.label }, () =>
                actions.chooseView(view),
            ),
        );
        this.refreshButton = button(
            { class: "button", testid: "refresh", title: "Read the whole grid again" },
            () => this.spin(actions),
            icon("refresh"),
            element("span", { text: "Refresh" }),
        );
        const exportButton = button(
            { class: "button", testid: "export-csv", title: "Download the grid as shown" },
            () => actions.exportCSV(),
            icon("download"),
            element("span", { text: "CSV" }),
        );
        const group = { class: "segments", role: "group", "aria-label": "View" };
        this.root = element(
            "section",
            { class: "toolbar", "aria-label": "Grid tools" },
            this.filterButton,
            element("div", group, ...this.viewButtons),
            this.refreshButton,
            exportButton,
            this.counter,
            search.root,
        );
    }

    showView(view: View): void {
        views.forEach(({ id }, index) => this.viewButtons[index]?.setAttribute("aria-pressed", String(id === view.id)));
    }

    showFilter(activeFilters: number, selected: number, total: number): void {
        this.badge.hidden = activeFilters === 0;
        setText(this.badge, format.integer(activeFilters));
        setText(this.share, `${format.integer(selected)}/${format.integer(total)}`);
        this.filterButton.setAttribute(
            "aria-label",
            `Exchange filter, ${selected} of ${total} exchanges selected, ${activeFilters} filters active`,
        );
    }

    /** `matching`: rows found by one of their contracts; `null` while nothing is searched. */
    showCounter(assets: number, matching: number | null): void {
        const found = matching === null ? "" : ` (${format.integer(matching)} with matching contracts)`;
        setText(this.counter, `${format.integer(assets)} ${assets === 1 ? "asset" : "assets"}${found}`);
    }

    private spin(actions: ToolbarActions): void {
        const turn = [{ transform: "rotate(0)" }, { transform: "rotate(360deg)" }];
        this.refreshButton.querySelector("svg")?.animate(turn, { duration: 600, easing: "ease-out" });
        actions.refresh();
    }
}
