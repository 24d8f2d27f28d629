import { button, element } from "../dom";

const skeletonRows = 10;

/** What stands in the grid's place until there is data: grey rows, or the error and a way to try again. */
export class GridPlaceholder {
    readonly root = element("div", { class: "grid-placeholder", testid: "grid-placeholder", "aria-busy": "true" });

    constructor(private readonly onRetry: () => void) {
        this.showLoading();
    }

    showLoading(): void {
        const rows = Array.from({ length: skeletonRows }, () => element("div", { class: "skeleton skeleton-row" }));
        this.root.replaceChildren(...rows);
    }

    showError(message: string): void {
        this.root.removeAttribute("aria-busy");
        this.root.replaceChildren(
            element(
                "div",
                { class: "grid-error", role: "alert", testid: "grid-error" },
                element("p", { text: `Error: ${message}` }),
                button({ class: "button", text: "Retry", testid: "grid-retry" }, () => {
                    this.showLoading();
                    this.onRetry();
                }),
            ),
        );
    }
}
