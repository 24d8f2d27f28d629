"""Search, exchange filter, export, and what is remembered."""

import csv
import io

from conftest import Dashboard, eventually, fetch, grid_cells


def a_contract(board: Dashboard) -> dict:
    """A contract whose symbol names one asset only, on a column other than the first."""
    rows = fetch("/api/funding-rates?limit=5000")
    exchange = board.columns()[-1]
    return next(row for row in rows if row["exchange"] == exchange and len(row["symbol"]) > 4)


def test_search_finds_a_contract_by_its_symbol(dashboard: Dashboard) -> None:
    dashboard.open()
    row = a_contract(dashboard)
    dashboard.search(f"sym:{row['symbol'].lower()} ex:{row['exchange'].lower()}")
    eventually(lambda: dashboard.shown_assets() == [row["base_asset"]], "the contract's asset alone")
    found = dashboard.part(f"contract-{row['exchange']}-{row['symbol']}")
    found.wait_for()
    assert "matching" in found.get_attribute("class")
    assert dashboard.part(f"match-{row['base_asset']}").is_visible()
    assert "1 asset (1 with matching contracts)" in dashboard.part("counter").inner_text()


def test_slash_focuses_the_search_and_escape_clears_and_folds(dashboard: Dashboard) -> None:
    dashboard.open()
    rows = len(grid_cells())
    dashboard.page.keyboard.press("/")
    asset = dashboard.shown_assets()[0]
    dashboard.page.keyboard.type(asset.lower())
    dashboard.part(f"expanded-{asset}").wait_for()
    dashboard.page.keyboard.press("Escape")
    eventually(lambda: dashboard.part("counter").inner_text() == f"{rows:,} assets", "all assets again")
    assert dashboard.page.locator("[data-testid^=expanded-]").count() == 0


def test_a_search_without_result_says_so(dashboard: Dashboard) -> None:
    dashboard.open()
    dashboard.search("zzqqxxnothing")
    eventually(lambda: dashboard.part("grid-empty").is_visible(), "the empty grid's text")
    assert dashboard.part("counter").inner_text().startswith("0 assets")


def test_the_exchange_filter_lasts_over_a_reload(dashboard: Dashboard) -> None:
    dashboard.open()
    columns = dashboard.columns()
    dropped = columns[1]
    dashboard.part("exchange-filter").click()
    dashboard.part(f"filter-option-{dropped}").uncheck()
    dashboard.part("filter-hide-empty").check()
    dashboard.part("filter-close").click()
    kept = [name for name in columns if name != dropped]
    assert dashboard.columns() == kept
    assert "exchanges=" in dashboard.page.url and "hideEmpty=true" in dashboard.page.url
    assert dashboard.part("exchange-filter-count").inner_text() == f"{len(kept)}/{len(columns)}"
    assert dashboard.part("exchange-filter-badge").inner_text() == "2"

    dashboard.page.reload()
    dashboard.page.wait_for_selector("[data-testid^=cell-]")
    assert dashboard.columns() == kept
    # Without the address, what was saved counts.
    dashboard.open("/")
    assert dashboard.columns() == kept
    dashboard.part("exchange-filter").click()
    assert dashboard.part("filter-hide-empty").is_checked()
    dashboard.part("filter-reset").click()
    assert dashboard.columns() == columns


def test_the_last_exchange_cannot_be_unticked(dashboard: Dashboard) -> None:
    dashboard.open()
    dashboard.part("exchange-filter").click()
    dashboard.part("filter-clear").click()
    assert len(dashboard.columns()) == 1
    assert dashboard.part(f"filter-option-{dashboard.columns()[0]}").is_disabled()


def test_cross_listed_drops_what_one_exchange_lists(dashboard: Dashboard) -> None:
    dashboard.open("/?crosslisted=true")
    expected = sum(len(cells) >= 2 for cells in grid_cells().values())
    eventually(
        lambda: dashboard.part("counter").inner_text() in (f"{expected:,} assets", f"{expected:,} asset"),
        f"{expected} cross-listed assets",
    )


def test_the_export_holds_the_grid_as_shown(dashboard: Dashboard) -> None:
    dashboard.open("/?view=8h")
    with dashboard.page.expect_download() as download:
        dashboard.part("export-csv").click()
    assert download.value.suggested_filename.startswith("funding_grid_8h_")
    with open(download.value.path(), encoding="utf-8", newline="") as file:
        text = file.read()
    assert text.count("\r\n") == text.count("\n")
    header, *rows = csv.reader(io.StringIO(text))
    assert header == ["Asset", *(f"{name} (8H %)" for name in dashboard.columns())]
    assert len(rows) == len(grid_cells())
    for row in rows:
        assert len(row) == len(header)
        for value in row[1:]:
            assert value == "" or float(value) is not None


def test_settings_and_place_survive_live_updates(dashboard: Dashboard) -> None:
    dashboard.open()
    exchange = dashboard.columns()[0]
    dashboard.part(f"sort-{exchange}").click()
    asset = dashboard.shown_assets()[3]
    dashboard.part(f"expand-{asset}").click()
    dashboard.part(f"expanded-{asset}").locator("tbody tr").first.wait_for()
    holder = dashboard.page.locator(".tabulator-tableholder")
    holder.evaluate("node => { node.scrollTop = 40 }")
    place = holder.evaluate("node => node.scrollTop")
    before = dashboard.shown_cells()
    eventually(lambda: dashboard.shown_cells() != before, "a live update", seconds=90)
    assert dashboard.part(f"expanded-{asset}").is_visible()
    assert holder.evaluate("node => node.scrollTop") == place
    header = dashboard.page.locator(".tabulator-col", has=dashboard.part(f"sort-{exchange}"))
    assert header.get_attribute("aria-sort") == "ascending"
