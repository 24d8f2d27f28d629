import { element } from "../dom";
import type { LiveFeed } from "../live";
import type { Page } from "./page";

/** What an unknown address shows. */
export function open(_feed: LiveFeed): Page {
    const root = element(
        "main",
        { class: "page not-found", testid: "not-found" },
        element("h1", { text: "404" }),
        element("p", { text: `There is no page at ${window.location.pathname}.` }),
        element("a", { class: "button", href: "/", text: "Go to Dashboard" }),
    );
    const nothing = () => undefined;
    return { root, tick: nothing, snapshot: nothing, delta: nothing, rates: nothing, linkChanged: nothing };
}
