import { button, element, icon, setText } from "../dom";
import * as format from "../format";
import type { LiveFeed } from "../live";
import { currentTheme, setTheme } from "../theme";
import { ConnectionPill } from "./pill";

export interface NavigationEntry {
    path: string;
    label: string;
}

/** The frame's top line: title, pages, connection, time of the newest data, theme. */
export class Header {
    private readonly pill: ConnectionPill;
    private readonly time = element("time", { class: "last-update-time", testid: "last-update" });
    private readonly themeButton = button({ class: "icon-button", testid: "theme-toggle" }, () => this.switchTheme());
    readonly root: HTMLElement;

    constructor(private readonly feed: LiveFeed, pages: readonly NavigationEntry[]) {
        this.pill = new ConnectionPill(feed);
        const links = pages.map(({ path, label }) => {
            const current = path === window.location.pathname;
            return element("a", { href: path, class: "nav-link", text: label, "aria-current": current && "page" });
        });
        this.root = element(
            "header",
            { class: "header" },
            element("a", { href: "/", class: "brand" }, element("span", { class: "brand-mark" }), "Perp Dashboard"),
            element("nav", { class: "nav", "aria-label": "Pages" }, ...links),
            element("div", { class: "header-space" }),
            element("div", { class: "last-update" }, element("span", { text: "Last update " }), this.time),
            this.pill.root,
            this.themeButton,
        );
        this.showTheme();
        this.update();
    }

    /** Called each second and at every change of the connection. */
    update(): void {
        this.pill.update();
        const time = this.feed.age.time;
        setText(this.time, format.clock(time));
        if (time !== null) this.time.dateTime = new Date(time).toISOString();
    }

    private switchTheme(): void {
        setTheme(currentTheme() === "dark" ? "light" : "dark");
        this.showTheme();
    }

    private showTheme(): void {
        const other = currentTheme() === "dark" ? "light" : "dark";
        this.themeButton.replaceChildren(icon(other === "light" ? "sun" : "moon"));
        this.themeButton.title = `Switch to the ${other} theme`;
        this.themeButton.setAttribute("aria-label", this.themeButton.title);
    }
}
