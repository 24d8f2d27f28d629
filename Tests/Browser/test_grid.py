"""The grid shows what the API says, in every view, and follows it live."""

import re

import pytest
from conftest import BASE, SIMULATOR, Dashboard, eventually, fetch, grid_cells, played_contracts

ONLY_WHEN_NAMED = {"kraken", "edgex", "apex"}
VIEW_HOURS = {"1h": 1, "8h": 8, "1d": 24, "7d": 168}


def expected_text(cell: dict | None, view: str) -> str:
    if cell is None:
        return "-"
    if view == "apr":
        return "-" if cell["apr"] is None else f"{cell['apr']:.2f}%"
    if cell["funding_rate"] is None or not cell["funding_interval_hours"]:
        return "-"
    return f"{cell['funding_rate'] * VIEW_HOURS[view] / cell['funding_interval_hours'] * 100:.4f}%"


def same_figure(shown: str, expected: str) -> bool:
    """Equal, but for a rounding tie that two languages may break differently."""
    if shown == expected or "-" in (shown, expected):
        return shown == expected
    unit = 10 ** -len(expected.rstrip("%").partition(".")[2])
    return abs(float(shown[:-1]) - float(expected[:-1])) < 1.001 * unit and len(shown) == len(expected)


def mismatches(board: Dashboard, view: str) -> list[str]:
    cells = grid_cells()
    shown = board.shown_cells()
    return [
        f"{asset} {exchange}: shown {text}, expected {expected_text(cells.get(asset, {}).get(exchange), view)}"
        for (asset, exchange), text in shown.items()
        if not same_figure(text, expected_text(cells.get(asset, {}).get(exchange), view))
    ]


def settle(board: Dashboard, view: str) -> None:
    """Page and API are read at two moments, so they may differ for a while, but they have to meet."""
    last: list[str] = []

    def agree() -> bool:
        last[:] = mismatches(board, view)
        return not last

    eventually(agree, f"every {view} cell as the API says")


def test_every_exchange_is_a_column(dashboard: Dashboard) -> None:
    exchanges = {exchange for cells in grid_cells().values() for exchange in cells}
    dashboard.open()
    assert dashboard.columns() == sorted(exchanges, key=str.lower)


@pytest.mark.skipif(SIMULATOR == "", reason="FUNDING_TEST_SIMULATOR_URL is not set")
def test_every_contract_of_every_exchange_is_in_the_grid(dashboard: Dashboard) -> None:
    dashboard.open()
    expected = {name: count for name, count in played_contracts().items() if name not in ONLY_WHEN_NAMED}
    assert len(expected) == 13

    def shown() -> dict[str, int]:
        details = fetch("/api/exchanges?details=true")["exchanges"]
        return {exchange["id"]: exchange["contracts"] for exchange in details}

    eventually(lambda: shown() == expected, f"{expected} contracts", seconds=90)
    total = f"{sum(expected.values()):,}"
    card = dashboard.part("stat-total-contracts").locator(".stat-value")
    eventually(lambda: card.inner_text() == total, f"{total} contracts on the card")
    dashboard.part("exchange-filter").click()
    assert dashboard.part("filter-summary").inner_text() == "13 of 13 exchanges selected"


@pytest.mark.parametrize("view", ["apr", *VIEW_HOURS])
def test_cells_show_the_rates_of_the_api(dashboard: Dashboard, view: str) -> None:
    dashboard.open()
    dashboard.part(f"view-{view}").click()
    assert dashboard.part(f"view-{view}").get_attribute("aria-pressed") == "true"
    settle(dashboard, view)
    if view != "apr":
        assert f"view={view}" in dashboard.page.url


def test_the_view_in_the_address_is_taken_over(dashboard: Dashboard) -> None:
    dashboard.open("/?view=1d")
    assert dashboard.part("view-1d").get_attribute("aria-pressed") == "true"
    settle(dashboard, "1d")


def test_cards_sum_up_the_grid(dashboard: Dashboard) -> None:
    dashboard.open()

    def agree() -> bool:
        cells = grid_cells()
        count = sum(cell["contract_count"] for row in cells.values() for cell in row.values())
        return (
            dashboard.part("stat-total-contracts").locator(".stat-value").inner_text() == f"{count:,}"
            and dashboard.part("stat-unique-assets").locator(".stat-value").inner_text() == f"{len(cells):,}"
        )

    eventually(agree, "contracts and assets as counted from the API")
    for name in ("highest", "lowest"):
        assert re.search(r"-?[\d,]+\.\d\d%\n\S.* - \S+", dashboard.part(f"stat-{name}-apr").inner_text())


def test_a_pushed_rate_changes_its_cell_without_asking_again(dashboard: Dashboard) -> None:
    dashboard.open()
    eventually(lambda: dashboard.part("connection-pill").get_attribute("data-state") == "connected", "connected")
    before = dashboard.shown_cells()
    asked = dashboard.asked("/api/funding-rates-grid")
    navigations = dashboard.asked("/")
    eventually(
        lambda: any(text != before.get(key, text) for key, text in dashboard.shown_cells().items()),
        "a cell that changed by itself",
        seconds=90,
    )
    assert dashboard.asked("/api/funding-rates-grid") == asked
    assert dashboard.asked("/") == navigations


def test_sorting_goes_up_down_and_off_with_missing_values_last(dashboard: Dashboard) -> None:
    dashboard.open()
    exchange = dashboard.columns()[0]
    header = dashboard.page.locator(".tabulator-col", has=dashboard.part(f"sort-{exchange}"))
    for direction in ("ascending", "descending"):
        dashboard.part(f"sort-{exchange}").click()
        assert header.get_attribute("aria-sort") == direction
        texts = [text for (_, column), text in dashboard.shown_cells().items() if column == exchange]
        assert texts[0] != "-"
        assert "-" not in texts[: max(index for index, text in enumerate(texts) if text != "-")]
    dashboard.part(f"sort-{exchange}").click()
    assert header.get_attribute("aria-sort") == "none"


def test_shift_click_sorts_by_a_further_column(dashboard: Dashboard) -> None:
    dashboard.open()
    first, second = dashboard.columns()[:2]
    dashboard.part(f"sort-{first}").click()
    dashboard.part(f"sort-{second}").click(modifiers=["Shift"])
    for exchange in (first, second):
        header = dashboard.page.locator(".tabulator-col", has=dashboard.part(f"sort-{exchange}"))
        assert header.get_attribute("aria-sort") == "ascending"
    assert f"sort={first}:asc,{second}:asc" in dashboard.page.url

    def first_leads() -> bool:
        texts = [text for (_, exchange), text in dashboard.shown_cells().items() if exchange == first]
        values = [float(text.rstrip("%")) for text in texts if text != "-"]
        return len(values) > 1 and values == sorted(values)

    eventually(first_leads, f"rows in the order of {first}, the column clicked first")


def test_expanding_shows_every_contract_of_the_asset(dashboard: Dashboard) -> None:
    dashboard.open()
    asset = dashboard.shown_assets()[0]
    dashboard.part(f"expand-{asset}").click()
    panel = dashboard.part(f"expanded-{asset}")
    panel.locator("tbody tr").first.wait_for()
    contracts = fetch(f"/api/contracts-by-asset/{asset}")["contracts"]
    expected = {f"contract-{row['exchange']}-{row['symbol']}" for row in contracts}
    shown = panel.locator("tbody tr").evaluate_all("rows => rows.map(row => row.dataset.testid)")
    assert set(shown) == expected
    assert len(shown) == len(expected)
    dashboard.part(f"expand-{asset}").click()
    assert panel.count() == 0


def test_an_unknown_address_leads_home(dashboard: Dashboard) -> None:
    dashboard.page.goto(f"{BASE}/no/such/page")
    # The server may answer with the status 404 as well; then the browser says so on its console.
    dashboard.part("not-found").wait_for()
    dashboard.page.get_by_role("link", name="Go to Dashboard").click()
    dashboard.page.wait_for_selector("[data-testid^=cell-]")
    dashboard.complaints[:] = [text for text in dashboard.complaints if "404" not in text]
