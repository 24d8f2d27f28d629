import "tabulator-css";
import "./style/tokens.css";
import "./style/frame.css";
import "./style/tools.css";
import "./style/grid.css";
import "./style/contracts.css";
import { element } from "./dom";
import { LiveFeed, type LiveListener } from "./live";
import type { Page, PageModule } from "./pages/page";
import { type NavigationEntry, Header } from "./parts/header";
import { failureCard } from "./parts/failureCard";
import { restoreTheme } from "./theme";

/** The pages there are. Each is a file of its own, fetched when its address is opened. */
const pages: (NavigationEntry & { load(): Promise<PageModule> })[] = [
    { path: "/", label: "Dashboard", load: () => import("./pages/grid") },
];

const unknownPage = () => import("./pages/notFound");

restoreTheme();
const app = document.getElementById("app") ?? document.body;
let page: Page | null = null;

const listener: LiveListener = {
    snapshot: (body) => page?.snapshot(body),
    delta: (frame) => page?.delta(frame),
    rates: (frame) => page?.rates(frame),
    linkChanged() {
        header.update();
        page?.linkChanged();
    },
};
const feed = new LiveFeed(listener);
const header = new Header(feed, pages);
const content = element("div", { class: "content" }, skeleton());
app.append(header.root, content);

void start();

async function start(): Promise<void> {
    const entry = pages.find(({ path }) => path === window.location.pathname);
    try {
        page = (await (entry?.load ?? unknownPage)()).open(feed);
        content.replaceChildren(page.root);
        window.setInterval(tick, 1000);
        // An error nobody caught is shown in the page's place. Notices of the browser itself carry no error object.
        window.addEventListener("error", ({ error, message }) => {
            if (error) fail(message);
        });
        window.addEventListener("unhandledrejection", ({ reason }) => fail(String(reason)));
        feed.start();
    } catch (error) {
        fail((error as Error).message);
    }
}

function fail(message: string): void {
    content.replaceChildren(failureCard(message));
}

function tick(): void {
    header.update();
    page?.tick();
}

/** A title bar, one big block and three small ones while a page's code is on its way. */
function skeleton(): HTMLElement {
    const block = (kind: string) => element("div", { class: `skeleton skeleton-${kind}` });
    const small = element("div", { class: "skeleton-line" }, block("small"), block("small"), block("small"));
    return element("div", { class: "page page-skeleton", "aria-busy": "true" }, block("title"), block("big"), small);
}
