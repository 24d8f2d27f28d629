import { element, icon } from "../dom";

const debounceMilliseconds = 300;
const hint =
    "Several words must all match. sym:XBTUSDTM, ex:kucoin and int:1h match exactly. Press / to search, Esc to clear.";

/** The search field: reports what was typed once typing pauses. */
export class SearchBox {
    private readonly input = element("input", {
        type: "search",
        class: "search-input",
        testid: "search",
        placeholder: "Search assets or contract names…",
        "aria-label": "Search assets, contracts or exchanges",
        title: hint,
        autocomplete: "off",
        spellcheck: "false",
        maxlength: 200,
    });
    readonly root = element(
        "label",
        { class: "search" },
        icon("search"),
        this.input,
        element("kbd", { class: "search-key", text: "/", "aria-hidden": "true" }),
    );
    private timer = 0;

    constructor(text: string, private readonly onSearch: (text: string) => void, onFocus: () => void) {
        this.input.value = text;
        this.input.addEventListener("focus", onFocus);
        this.input.addEventListener("input", () => {
            window.clearTimeout(this.timer);
            this.timer = window.setTimeout(() => this.report(), debounceMilliseconds);
        });
        this.input.addEventListener("keydown", (event) => {
            if (event.key === "Escape") this.set("");
            else if (event.key === "Enter") this.report();
        });
        document.addEventListener("keydown", (event) => this.focusOnSlash(event));
    }

    set(text: string): void {
        this.input.value = text;
        this.report();
    }

    private report(): void {
        window.clearTimeout(this.timer);
        this.onSearch(this.input.value);
    }

    private focusOnSlash(event: KeyboardEvent): void {
        const target = event.target as HTMLElement;
        const typing = target.closest("input, textarea, select, [contenteditable], dialog[open]") !== null;
        if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        this.input.focus();
        this.input.select();
    }
}
