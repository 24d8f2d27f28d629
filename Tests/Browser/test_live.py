"""What comes over the socket: missed frames, rows and columns that come and go, contracts that move."""

import json
from contextlib import suppress

from conftest import Dashboard, eventually
from playwright.sync_api import TimeoutError, WebSocketRoute
from test_grid import settle


class Wire:
    """Stands between page and server: sees what is sent, can drop grid frames and slip in frames of its own."""

    def __init__(self, board: Dashboard) -> None:
        self.sent: list[dict] = []
        self.drop = 0
        self.dropped = 0
        # Assets of which the page hears nothing more from the server, whose streams would bring them back at once.
        self.hidden: set[str] = set()
        self.last_grid_seq = 0
        # Whole grids that were sent, by the socket's snapshots.
        self.grids = 0
        self.route: WebSocketRoute | None = None
        board.page.route_web_socket("**/ws", self.connect)

    def connect(self, route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        self.route = route
        route.on_message(lambda message: (self.sent.append(json.loads(message)), server.send(message)))
        server.on_message(lambda message: self.forward(route, message))

    def forward(self, route: WebSocketRoute, message: str) -> None:
        frame = json.loads(message)
        is_grid = frame.get("type") == "grid"
        self.grids += frame.get("type") == "snapshot" and frame.get("channel") == "grid"
        if is_grid and self.drop > 0:
            self.drop -= 1
            self.dropped += 1
            return
        if is_grid or frame.get("channel") == "grid":
            self.last_grid_seq = max(self.last_grid_seq, frame["seq"])
        if is_grid and self.hidden:
            frame["changed"] = [row for row in frame["changed"] if row["asset"] not in self.hidden]
            message = json.dumps(frame)
        route.send(message)

    def slip_in(self, **delta) -> None:
        """A grid frame between two of the server's."""
        before = self.last_grid_seq
        self.last_grid_seq = before + 1
        frame = {"v": 1, "type": "grid", "seq": self.last_grid_seq, "prev": before, "ts": "2100-01-01T00:00:00.000Z"}
        self.route.send(json.dumps(frame | {"changed": [], "removed": [], "observed": {}} | delta))


def connected(board: Dashboard) -> bool:
    return board.part("connection-pill").get_attribute("data-state") == "connected"


def a_cell(symbol: str, **fields) -> dict:
    return {
        "symbol": symbol, "funding_rate": 0.0003, "apr": 32.85, "funding_interval_hours": 8, "z_score": None,
        "percentile": None, "mean_30d": None, "std_dev_30d": None, "contracts": [symbol], "contract_count": 1,
        "last_updated": "2026-01-01T00:00:00.000Z", "stale": False, "open_interest": None,
        "next_funding_time": None, "confidence": "none",
    } | fields  # fmt: skip


def test_a_missed_delta_is_noticed_and_made_good(dashboard: Dashboard) -> None:
    wire = Wire(dashboard)
    dashboard.open()
    eventually(lambda: connected(dashboard), "connected")
    wire.drop = 1
    # Playwright's callbacks run while the page is being asked something.
    eventually(lambda: connected(dashboard) and wire.dropped == 1, "a dropped frame", seconds=90)
    eventually(
        lambda: connected(dashboard) and any(message["op"] == "resume" for message in wire.sent),
        "the page asking for what it missed",
        seconds=90,
    )
    settle(dashboard, "apr")


def test_assets_and_exchanges_come_and_go_without_a_reload(dashboard: Dashboard) -> None:
    wire = Wire(dashboard)
    dashboard.open()
    eventually(lambda: connected(dashboard), "connected")
    columns = dashboard.columns()
    opened, gone = dashboard.shown_assets()[0], dashboard.shown_assets()[1]
    dashboard.part(f"expand-{opened}").click()
    dashboard.part(f"expanded-{opened}").locator("tbody tr").first.wait_for()

    hostile = "<b>!</b>"
    wire.hidden.add(gone)
    wire.slip_in(changed=[{"asset": hostile, "exchanges": {"Testex": a_cell("=NEW")}, "removed": []}], removed=[gone])
    eventually(lambda: dashboard.columns() == sorted([*columns, "Testex"], key=str.lower), "a new column")
    eventually(lambda: gone not in dashboard.shown_assets(), "a row less")
    assert dashboard.part(f"expanded-{opened}").is_visible()
    assert dashboard.part(f"row-{hostile}").locator(".asset-name").inner_text() == hostile
    assert dashboard.cell(hostile, "Testex").inner_text() == "32.85%"

    wire.slip_in(changed=[{"asset": hostile, "exchanges": {"Testex": a_cell("=NEW", apr=0, funding_rate=0)}}])
    eventually(lambda: dashboard.cell(hostile, "Testex").inner_text() == "0.00%", "zero shown as a value")
    wire.slip_in(changed=[{"asset": hostile, "exchanges": {"Testex": a_cell("=NEW", apr=None, stale=True)}}])
    eventually(lambda: dashboard.cell(hostile, "Testex").inner_text() == "-", "a missing value shown as a dash")
    assert dashboard.cell(hostile, "Testex").get_attribute("data-stale") == "true"

    wire.slip_in(changed=[{"asset": hostile, "exchanges": {}, "removed": ["Testex"]}])
    eventually(lambda: dashboard.columns() == columns, "the column gone again")
    assert dashboard.part(f"row-{hostile}").count() == 0


def test_open_rows_follow_the_rates(dashboard: Dashboard) -> None:
    wire = Wire(dashboard)
    dashboard.open()
    eventually(lambda: connected(dashboard), "connected")
    for asset in dashboard.shown_assets()[:3]:
        dashboard.part(f"expand-{asset}").click()
        dashboard.part(f"expanded-{asset}").locator("tbody tr").first.wait_for()
    rows = dashboard.page.locator("[data-testid^=expanded-] tbody tr")

    def aprs() -> list[str]:
        return rows.evaluate_all("rows => rows.map(row => row.dataset.testid + row.children[6].textContent)")

    def asked() -> int:
        return sum("/api/contracts-by-asset/" in url for url in dashboard.requests)

    before, asked_before, grids_before = aprs(), asked(), wire.grids
    eventually(lambda: aprs() != before, "a rate that moved", seconds=120)
    # A whole grid, which a slow page is sent instead of what it missed, has the open rows read once more.
    assert asked() - asked_before <= 3 * (wire.grids - grids_before)


def test_contracts_that_cannot_be_read_say_why(dashboard: Dashboard) -> None:
    refusal = {"status": 404, "json": {"detail": "Unknown asset"}}
    dashboard.page.route("**/api/contracts-by-asset/*", lambda route: route.fulfill(**refusal))
    dashboard.open()
    asset = dashboard.shown_assets()[0]
    dashboard.part(f"expand-{asset}").click()
    panel = dashboard.part(f"expanded-{asset}")
    eventually(lambda: f"Error loading contracts for {asset}: Unknown asset" in panel.inner_text(), "the reason")
    asked = dashboard.asked(f"/api/contracts-by-asset/{asset}")
    retry = panel.get_by_role("button", name="Retry")
    retry.click()
    eventually(lambda: dashboard.asked(f"/api/contracts-by-asset/{asset}") > asked, "they are asked for again")
    dashboard.page.unroute("**/api/contracts-by-asset/*")
    # The page asks again by itself as well, and may have done so by now.
    with suppress(TimeoutError):
        retry.click(timeout=5000)
    panel.locator("tbody tr").first.wait_for()
    dashboard.complaints[:] = [text for text in dashboard.complaints if "404" not in text]
