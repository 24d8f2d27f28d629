import { button, element } from "../dom";
import type { ContractRow, RatesFrame } from "../types";
import { type ContractScope, ContractTable } from "./contractTable";

/** What unfolds under an asset's row: its contracts, or why they are not there. */
export class ContractPanel {
    private readonly table: ContractTable;
    private readonly message = element("div", { class: "panel-message", role: "status" });
    readonly root: HTMLElement;
    /** `loading` until the first answer; a failed reload keeps the rows there were. */
    private state: "loading" | "loaded" | "failed" = "loading";
    private failure = "";

    /** `onResize`: the panel's height may have changed, and the grid's row must follow. */
    constructor(
        private readonly asset: string,
        scope: () => ContractScope,
        private readonly onRetry: () => void,
        private readonly onResize: () => void,
    ) {
        this.table = new ContractTable(asset, scope);
        this.root = element(
            "div",
            { class: "panel", testid: `expanded-${asset}`, role: "region", "aria-label": `Contracts of ${asset}` },
            this.message,
            element("div", { class: "panel-scroll", tabindex: 0 }, this.table.root),
        );
        // A click in the panel is not a click on the row that it hangs under.
        this.root.addEventListener("click", (event) => event.stopPropagation());
        this.show();
    }

    setRows(rows: readonly ContractRow[]): void {
        this.state = "loaded";
        this.table.setRows(rows);
        this.show();
    }

    fail(reason: string): void {
        this.state = "failed";
        this.failure = reason;
        this.show();
    }

    /** The exchange filter or the search changed. */
    rescope(): void {
        this.table.arrange();
        this.show();
    }

    apply(frame: RatesFrame): boolean {
        return this.state !== "loading" && this.table.apply(frame, this.asset);
    }

    tick(): void {
        if (this.root.isConnected) this.table.tick();
    }

    private show(): void {
        const shown = this.table.shownCount;
        this.root.dataset["state"] = this.state;
        this.root.classList.toggle("without-rows", shown === 0);
        this.message.replaceChildren(...this.words(shown));
        this.message.hidden = this.message.childNodes.length === 0;
        this.onResize();
    }

    private words(shown: number): (Node | string)[] {
        if (this.state === "loading") return [element("span", { class: "spinner" }), "Loading contracts…"];
        if (this.state === "failed") {
            const retry = button({ class: "button", text: "Retry" }, () => this.onRetry());
            return [`Error loading contracts for ${this.asset}: ${this.failure}`, retry];
        }
        return shown > 0 ? [] : [`No contracts match selected exchanges for ${this.asset}`];
    }
}
