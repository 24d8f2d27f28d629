import { element, setText } from "../dom";
import * as format from "../format";
import type { ConnectionState, LiveFeed } from "../live";

const labels: Record<ConnectionState, string> = {
    connecting: "Connecting",
    connected: "Connected",
    reconnecting: "Reconnecting",
    offline: "Offline",
    stale: "Stale",
};

const meanings: Record<ConnectionState, string> = {
    connecting: "Opening the live connection",
    connected: "Rates are pushed as they change",
    reconnecting: "The live connection is being re-established; meanwhile the grid is read every 30 seconds",
    offline: "The API cannot be reached; the figures are the last ones received",
    stale: "The connection works, but the newest data is old: the collector may have stopped",
};

/** What is really known of the connection, and how old the newest data is. */
export class ConnectionPill {
    private readonly label = element("span", { class: "pill-label", role: "status" });
    private readonly age = element("span", { class: "pill-age" });
    readonly root = element(
        "div",
        { class: "pill", testid: "connection-pill" },
        element("span", { class: "pill-dot", "aria-hidden": "true" }),
        this.label,
        this.age,
    );

    constructor(private readonly feed: LiveFeed) {
        this.update();
    }

    update(): void {
        const state = this.feed.connection;
        if (this.root.dataset["state"] !== state) {
            this.root.dataset["state"] = state;
            this.root.title = meanings[state];
        }
        setText(this.label, labels[state]);
        const age = this.feed.age.seconds;
        setText(this.age, age === null ? "" : format.age(age));
        this.age.setAttribute("aria-label", age === null ? "" : `data age ${format.age(age)}`);
    }
}
