import { button, element, setText } from "../dom";
import * as format from "../format";
import type { Extreme, GridStatistics } from "../gridModel";

/** One figure with a heading and a line beneath; a skeleton until the first value. */
class StatCard {
    private readonly value = element("div", { class: "stat-value skeleton", text: "\u00a0" });
    private readonly note = element("div", { class: "stat-note" });
    readonly root: HTMLElement;

    constructor(title: string, testid: string, tone: string, onClick?: () => void) {
        const content = [element("div", { class: "stat-title", text: title }), this.value, this.note];
        const attributes = { class: `stat ${tone}`, testid, "aria-busy": "true" };
        this.root = onClick ? button(attributes, onClick, ...content) : element("div", attributes, ...content);
    }

    show(value: string, note: string, title = ""): void {
        this.value.classList.remove("skeleton");
        this.root.removeAttribute("aria-busy");
        setText(this.value, value);
        setText(this.note, note);
        this.root.title = title;
    }
}

/** The five figures over the grid. */
export class StatCards {
    private readonly contracts = new StatCard("Total Contracts", "stat-total-contracts", "");
    private readonly assets = new StatCard("Unique Assets", "stat-unique-assets", "");
    private readonly exchanges = new StatCard("Active Exchanges", "stat-active-exchanges", "");
    private readonly highest: StatCard;
    private readonly lowest: StatCard;
    private extremes: { highest: Extreme | null; lowest: Extreme | null } = { highest: null, lowest: null };
    readonly root: HTMLElement;

    /** `onExtreme` is asked to bring the contract behind an APR card into view. */
    constructor(onExtreme: (extreme: Extreme) => void) {
        const open = (which: "highest" | "lowest") => () => {
            const extreme = this.extremes[which];
            if (extreme) onExtreme(extreme);
        };
        this.highest = new StatCard("Highest APR", "stat-highest-apr", "positive", open("highest"));
        this.lowest = new StatCard("Lowest APR", "stat-lowest-apr", "negative", open("lowest"));
        const cards = [this.contracts, this.assets, this.exchanges, this.highest, this.lowest];
        this.root = element("section", { class: "stats", "aria-label": "Summary" }, ...cards.map((card) => card.root));
    }

    show(statistics: GridStatistics): void {
        const { contracts, assets, exchanges, activeExchanges, highest, lowest } = statistics;
        this.extremes = { highest, lowest };
        this.contracts.show(format.integer(contracts), "perpetuals tracked");
        this.assets.show(format.integer(assets), "base assets");
        this.exchanges.show(
            format.integer(activeExchanges),
            activeExchanges === exchanges ? "all reporting" : `of ${format.integer(exchanges)}, others stale`,
        );
        showExtreme(this.highest, highest);
        showExtreme(this.lowest, lowest);
    }
}

function showExtreme(card: StatCard, extreme: Extreme | null): void {
    if (!extreme) return card.show(format.headlineAPR(null), "no rates");
    const name = `${extreme.exchange} - ${extreme.cell.symbol}`;
    card.show(format.headlineAPR(extreme.cell.apr), name, `Find ${name} in the grid`);
}
