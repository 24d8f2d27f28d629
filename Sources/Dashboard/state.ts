import { ExchangeSelection } from "./selection";
import { storage } from "./storage";
import { type View, viewNamed } from "./views";

/** `two`: listed on at least two of the selected exchanges; `all`: on every one of them. */
export type CrossListing = "off" | "two" | "all";

export interface SortKey {
    field: string;
    dir: "asc" | "desc";
}

/** What the reader has set on the grid page. */
export interface GridSettings {
    view: View;
    search: string;
    selection: ExchangeSelection;
    hideEmpty: boolean;
    crossListing: CrossListing;
    highlightMissing: boolean;
    sort: SortKey[];
}

const prefix = "assetGrid.";
const saveDelay = 500;
const usualSort: SortKey[] = [{ field: "asset", dir: "asc" }];

/**
 * The grid page's settings, kept in the address (shareable, wins on load) and, but for view, search and sort, in
 * localStorage (lasting).
 */
export class GridState {
    settings: GridSettings;
    /** The exchanges present in the data; needed to tell a proper subset from all. */
    private present: readonly string[] = [];
    private saveTimer = 0;
    private readonly listeners: ((changed: ReadonlySet<keyof GridSettings>) => void)[] = [];

    constructor() {
        this.settings = { ...savedSettings(), ...addressedSettings(new URLSearchParams(window.location.search)) };
        window.addEventListener("pagehide", () => this.save());
    }

    get selected(): string[] {
        return this.settings.selection.among(this.present);
    }

    onChange(listener: (changed: ReadonlySet<keyof GridSettings>) => void): void {
        this.listeners.push(listener);
    }

    change(settings: Partial<GridSettings>): void {
        const keys = (Object.keys(settings) as (keyof GridSettings)[]).filter(
            (key) => settings[key] !== this.settings[key],
        );
        if (keys.length === 0) return;
        this.settings = { ...this.settings, ...settings };
        this.writeAddress();
        window.clearTimeout(this.saveTimer);
        this.saveTimer = window.setTimeout(() => this.save(), saveDelay);
        for (const listener of this.listeners) listener(new Set(keys));
    }

    setPresent(exchanges: readonly string[]): void {
        this.present = exchanges;
    }

    /** How many of the filter's choices differ from showing everything. */
    get activeFilters(): number {
        const { hideEmpty, crossListing, highlightMissing } = this.settings;
        const subset = this.selected.length < this.present.length;
        return [subset, hideEmpty, crossListing !== "off", highlightMissing].filter(Boolean).length;
    }

    private writeAddress(): void {
        const { view, search, hideEmpty, crossListing, highlightMissing, sort } = this.settings;
        const selected = this.selected;
        const url = new URL(window.location.href);
        const put = (key: string, value: string | null) =>
            value === null ? url.searchParams.delete(key) : url.searchParams.set(key, value);
        put("view", view.hours === null ? null : view.id);
        put("q", search.trim() || null);
        // Before the data is here nobody can tell what is a proper subset, so the address keeps what it said.
        if (this.present.length > 0) {
            const subset = selected.length < this.present.length;
            put("exchanges", subset ? selected.map((name) => name.toLowerCase()).sort().join(",") : null);
        }
        put("hideEmpty", hideEmpty ? "true" : null);
        put("crosslisted", crossListing === "off" ? null : crossListing === "two" ? "true" : "all");
        put("highlight", highlightMissing ? "true" : null);
        put("sort", isUsual(sort) ? null : sort.map(({ field, dir }) => `${field}:${dir}`).join(",") || "none");
        // Commas and colons are legal in a query; left readable, the address can be typed.
        const query = url.searchParams.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
        window.history.replaceState(window.history.state, "", url.pathname + (query ? `?${query}` : "") + url.hash);
    }

    private save(): void {
        window.clearTimeout(this.saveTimer);
        const { hideEmpty, crossListing, highlightMissing } = this.settings;
        storage.set(`${prefix}hideEmptyAssets`, String(hideEmpty));
        storage.set(`${prefix}showOnlyCrossListed`, crossListing);
        storage.set(`${prefix}highlightMissing`, String(highlightMissing));
        if (this.present.length === 0) return;
        storage.set(`${prefix}selectedExchanges`, JSON.stringify(this.selected));
        storage.set(`${prefix}knownExchanges`, JSON.stringify(this.present));
    }
}

function savedSettings(): GridSettings {
    const selected = savedNames("selectedExchanges");
    const known = savedNames("knownExchanges");
    const crossListing = storage.get(`${prefix}showOnlyCrossListed`);
    return {
        view: viewNamed(null),
        search: "",
        selection: ExchangeSelection.except(known.filter((name) => !selected.includes(name))),
        hideEmpty: storage.get(`${prefix}hideEmptyAssets`) === "true",
        crossListing: crossListing === "two" || crossListing === "all" ? crossListing : "off",
        highlightMissing: storage.get(`${prefix}highlightMissing`) === "true",
        sort: usualSort,
    };
}

/** Only what the address names, so that the rest comes from storage. */
function addressedSettings(query: URLSearchParams): Partial<GridSettings> {
    const named: Partial<GridSettings> = {};
    const exchanges = query.get("exchanges");
    const crossListed = query.get("crosslisted");
    const sort = query.get("sort");
    if (query.has("view")) named.view = viewNamed(query.get("view"));
    if (query.has("q")) named.search = query.get("q") ?? "";
    if (exchanges) named.selection = ExchangeSelection.only(exchanges.split(","));
    if (query.has("hideEmpty")) named.hideEmpty = query.get("hideEmpty") === "true";
    if (crossListed) named.crossListing = crossListed === "all" ? "all" : crossListed === "true" ? "two" : "off";
    if (query.has("highlight")) named.highlightMissing = query.get("highlight") === "true";
    if (sort) named.sort = sort.split(",").flatMap(sortKey);
    return named;
}

function sortKey(text: string): SortKey[] {
    const [field, dir] = text.split(":");
    return field && (dir === "asc" || dir === "desc") ? [{ field, dir }] : [];
}

function isUsual(sort: SortKey[]): boolean {
    return sort.length === 1 && sort[0]?.field === "asset" && sort[0].dir === "asc";
}

function savedNames(key: string): string[] {
    const text = storage.get(prefix + key);
    if (text === null) return [];
    try {
        const names: unknown = JSON.parse(text);
        return Array.isArray(names) ? names.filter((name): name is string => typeof name === "string") : [];
    } catch {
        // Written by something else under our name: as good as nothing saved.
        return [];
    }
}
