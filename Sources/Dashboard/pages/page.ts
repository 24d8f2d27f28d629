import type { LiveFeed, LiveListener } from "../live";

/** A page: what it shows, and what it does with what the live feed brings. */
export interface Page extends LiveListener {
    readonly root: HTMLElement;
    /** Called once a second, for ages and countdowns. */
    tick(): void;
}

export type PageModule = { open(feed: LiveFeed): Page };
