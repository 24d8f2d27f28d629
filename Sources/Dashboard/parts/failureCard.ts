import { button, element } from "../dom";

/** Shown when a page cannot go on. */
export function failureCard(message: string): HTMLElement {
    return element(
        "main",
        { class: "page failure", role: "alert", testid: "failure" },
        element("h1", { text: "Something went wrong" }),
        element("pre", { text: message }),
        element(
            "div",
            { class: "failure-actions" },
            element("a", { class: "button", href: "/", text: "Go to Dashboard" }),
            button({ class: "button", text: "Refresh Page" }, () => window.location.reload()),
        ),
    );
}
