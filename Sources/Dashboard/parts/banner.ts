import { button, element, setText } from "../dom";

/** A line above the page that says what is wrong and offers to try again; hidden while nothing is. */
export class Banner {
    private readonly message = element("span", { class: "banner-message" });
    readonly root: HTMLElement;

    constructor(onRetry: () => void) {
        this.root = element(
            "div",
            { class: "banner", role: "alert", testid: "banner", hidden: true },
            this.message,
            button({ class: "button", testid: "banner-retry", text: "Retry" }, onRetry),
        );
    }

    show(message: string | null): void {
        this.root.hidden = message === null;
        setText(this.message, message ?? "");
    }
}
