import { ContractStore } from "../contractStore";
import { element } from "../dom";
import * as format from "../format";
import { exportGrid } from "../gridExport";
import { type AssetRow, type Extreme, type GridChange, GridModel } from "../gridModel";
import { GridSearch } from "../gridSearch";
import type { LiveFeed } from "../live";
import { AssetGrid } from "../parts/assetGrid";
import { Banner } from "../parts/banner";
import { CellTooltip } from "../parts/cellTooltip";
import { ExchangeFilter } from "../parts/exchangeFilter";
import { Expansions } from "../parts/expansions";
import { GridPlaceholder } from "../parts/gridPlaceholder";
import { Legend } from "../parts/legend";
import { SearchBox } from "../parts/searchBox";
import { StatCards } from "../parts/statCards";
import { Toolbar } from "../parts/toolbar";
import { causeOfStaleness } from "../staleness";
import { type GridSettings, GridState } from "../state";
import type { GridBody, GridFrame, RatesFrame } from "../types";
import type { Page } from "./page";

/** Rows are put back in order this often while their values move, unless the pointer is over them. */
const resortSeconds = 5;
const staleCheckSeconds = 15;

export function open(feed: LiveFeed): Page {
    return new GridPage(feed);
}

/** The live funding-rate grid: wires model, table, tools and search together. */
class GridPage implements Page {
    private readonly model = new GridModel();
    private readonly state = new GridState();
    private readonly search = new GridSearch();
    private readonly banner = new Banner(() => this.retry());
    private readonly cards = new StatCards((extreme) => this.find(extreme));
    private readonly searchBox: SearchBox;
    private readonly toolbar: Toolbar;
    private readonly filter: ExchangeFilter;
    private readonly expansions: Expansions;
    private readonly placeholder = new GridPlaceholder(() => this.retry());
    private readonly area = element(
        "section",
        { class: "grid-area", "aria-label": "Funding rates" },
        this.placeholder.root,
    );
    private readonly legend = new Legend();
    private table: AssetGrid | null = null;
    private tooltip: CellTooltip | null = null;
    private seconds = 0;
    private stale = false;
    private unsorted = false;
    private figuresChanged = false;
    readonly root: HTMLElement;

    constructor(private readonly feed: LiveFeed) {
        const { state } = this;
        this.searchBox = new SearchBox(
            state.settings.search,
            (search) => state.change({ search }),
            () => void this.loadIntervals(),
        );
        this.toolbar = new Toolbar(
            {
                openFilter: () => this.filter.open(),
                chooseView: (view) => state.change({ view }),
                refresh: () => this.retry(),
                exportCSV: () =>
                    exportGrid(this.table?.shownRows ?? [], this.shownExchanges, state.settings.view, feed.age.now),
            },
            this.searchBox,
        );
        this.filter = new ExchangeFilter(state, (exchange) => this.model.contractCount(exchange));
        this.expansions = new Expansions(
            new ContractStore(),
            (asset) => ({
                isShown: (exchange) => state.selected.includes(exchange),
                matching: this.search.matching(asset),
                now: feed.age.now,
            }),
            (asset) => this.table?.updateRow(asset),
            (assets) => feed.watch(assets),
        );
        state.onChange((changed) => this.settingsChanged(changed));
        this.toolbar.showView(state.settings.view);
        this.legend.show(state.settings.view);
        this.root = element(
            "main",
            { class: "page grid-page" },
            this.banner.root,
            this.cards.root,
            this.toolbar.root,
            this.area,
            this.legend.root,
            this.filter.root,
        );
        if (state.settings.search) void this.loadIntervals();
    }

    // MARK: What the feed brings

    snapshot(body: GridBody): void {
        this.take(this.model.replace(body));
        this.expansions.reload();
    }

    delta(frame: GridFrame): void {
        this.take(this.model.apply(frame));
    }

    rates(frame: RatesFrame): void {
        this.expansions.apply(frame);
    }

    linkChanged(): void {
        const { link, problem } = this.feed;
        const reason = problem ?? "The API cannot be reached";
        if (link === "offline" && !this.table) return this.placeholder.showError(reason);
        this.banner.show(link === "offline" ? this.withDataTime(reason) : null);
    }

    /** A working connection that brings nothing new is worth an explanation too. */
    private async watchStaleness(): Promise<void> {
        const stale = this.feed.connection === "stale";
        if (stale === this.stale) return;
        this.stale = stale;
        if (!stale) return this.linkChanged();
        const cause = await causeOfStaleness();
        if (this.stale && this.feed.connection === "stale") this.banner.show(this.withDataTime(cause));
    }

    private withDataTime(reason: string): string {
        return `${reason}. Showing the data of ${format.clock(this.feed.age.time)}.`;
    }

    tick(): void {
        this.seconds += 1;
        void this.watchStaleness();
        this.expansions.tick();
        this.tooltip?.tick();
        if (this.seconds % staleCheckSeconds === 0) this.table?.repaint();
        const pointedAt = this.area.querySelector(".tabulator-tableholder:hover") !== null;
        if (this.seconds % resortSeconds === 0 && this.unsorted && !pointedAt) {
            this.unsorted = false;
            this.table?.resort();
        }
        if (this.model.rows.size > 0 && this.figuresChanged) {
            this.figuresChanged = false;
            this.cards.show(this.model.statistics(this.feed.age.now));
        }
    }

    private take(change: GridChange): void {
        this.feed.age.note(this.model.newestObservation);
        this.figuresChanged ||= change.cells.length > 0;
        if (change.exchanges) this.exchangesChanged();
        if (!this.table) return this.showTable();
        if (change.assets) this.table.reloadRows();
        if (change.assets || change.listings) this.runSearch();
        this.table.paint(change.cells);
        const sorted = new Set(this.table.sort.map((key) => key.field));
        this.unsorted ||= change.cells.some(({ exchange }) => sorted.has(exchange));
    }

    // MARK: What the reader does

    private settingsChanged(changed: ReadonlySet<keyof GridSettings>): void {
        const { settings } = this.state;
        if (changed.has("view")) {
            this.toolbar.showView(settings.view);
            this.legend.show(settings.view);
            this.table?.repaint();
        }
        if (changed.has("highlightMissing")) this.showHighlight();
        if (changed.has("selection")) {
            this.table?.setExchanges(this.shownExchanges, settings.sort);
            this.expansions.rescope();
        }
        if (changed.has("search") || changed.has("selection")) this.runSearch();
        else if (changed.has("hideEmpty") || changed.has("crossListing")) this.table?.refilter();
        if (changed.has("search")) this.followSearch();
        this.showFilter();
    }

    private runSearch(): void {
        const isShown = (exchange: string) => this.state.selected.includes(exchange);
        this.search.run(this.state.settings.search, this.model.rows.values(), isShown);
        this.table?.updateMatches();
        this.table?.refilter();
    }

    private followSearch(): void {
        this.expansions.follow(this.search.opened);
        this.expansions.rescope();
    }

    /** Brings one contract into view, by way of the search so that the reader sees how. */
    private find({ exchange, cell }: Extreme): void {
        this.searchBox.set(`sym:${cell.symbol} ex:${exchange}`);
    }

    private retry(): void {
        this.feed.refresh();
        this.expansions.reload();
    }

    // MARK: Parts

    private get shownExchanges(): string[] {
        return this.model.exchanges.filter((exchange) => this.state.selected.includes(exchange));
    }

    private passes({ asset, cells }: AssetRow): boolean {
        const { hideEmpty, crossListing } = this.state.settings;
        const selected = this.state.selected;
        const listed = selected.filter((exchange) => cells[exchange]);
        if (hideEmpty && !listed.some((exchange) => cells[exchange]?.apr != null)) return false;
        if (crossListing === "two" && listed.length < 2) return false;
        if (crossListing === "all" && listed.length < selected.length) return false;
        return this.search.passes(asset);
    }

    private showTable(): void {
        if (this.model.rows.size === 0) return;
        const { model, feed, state, expansions } = this;
        this.runSearch();
        this.table = new AssetGrid(
            {
                model,
                view: () => state.settings.view,
                now: () => feed.age.now,
                sort: state.settings.sort,
                passes: (row) => this.passes(row),
                panel: (asset) => expansions.panel(asset)?.root ?? null,
                isMatch: (asset) => this.search.isMatch(asset),
                onToggle: (asset) => expansions.toggle(asset),
                onSort: (sort) => state.change({ sort }),
                onFiltered: (count) =>
                    this.toolbar.showCounter(count, this.search.isActive ? this.search.contractMatches : null),
            },
            this.shownExchanges,
        );
        this.area.replaceChildren(this.table.root);
        this.tooltip = new CellTooltip(this.table.root, model, () => feed.age.now);
        this.table.refilter();
        this.showHighlight();
        this.followSearch();
        this.cards.show(model.statistics(feed.age.now));
    }

    private exchangesChanged(): void {
        this.state.setPresent(this.model.exchanges);
        this.filter.setExchanges(this.model.exchanges);
        this.table?.setExchanges(this.shownExchanges, this.state.settings.sort);
        this.showFilter();
    }

    private showFilter(): void {
        this.filter.update();
        this.toolbar.showFilter(this.state.activeFilters, this.state.selected.length, this.model.exchanges.length);
    }

    private showHighlight(): void {
        this.table?.root.classList.toggle("highlight-missing", this.state.settings.highlightMissing);
    }

    private async loadIntervals(): Promise<void> {
        if ((await this.search.loadIntervals()) && this.search.isActive) this.runSearch();
    }
}
