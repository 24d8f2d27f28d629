"""The pill tells the truth about the connection, errors are seen, and small screens work."""

import os
import signal

import pytest
from conftest import BASE, Dashboard, eventually

API_PID = int(os.environ.get("FUNDING_TEST_API_PID", "0"))


def state(board: Dashboard) -> str:
    return board.part("connection-pill").get_attribute("data-state")


def test_the_pill_is_connected_and_tells_the_age_of_the_data(dashboard: Dashboard) -> None:
    dashboard.open()
    eventually(lambda: state(dashboard) == "connected", "connected")
    assert "Connected" in dashboard.part("connection-pill").inner_text()
    eventually(lambda: dashboard.page.locator(".pill-age").inner_text() != "", "an age")
    assert dashboard.part("last-update").get_attribute("datetime")


@pytest.mark.skipif(API_PID == 0, reason="FUNDING_TEST_API_PID is not set")
def test_a_silent_server_is_noticed_and_found_again(dashboard: Dashboard) -> None:
    dashboard.open()
    eventually(lambda: state(dashboard) == "connected", "connected")
    os.kill(API_PID, signal.SIGSTOP)
    try:
        eventually(lambda: state(dashboard) != "connected", "not connected any more", seconds=40)
        assert dashboard.shown_cells(), "the last data stays on screen"
    finally:
        os.kill(API_PID, signal.SIGCONT)
    eventually(lambda: state(dashboard) == "connected", "connected again", seconds=60)
    # The browser reports the connections that could not be had; that is the point here.
    dashboard.complaints[:] = [text for text in dashboard.complaints if "WebSocket" not in text and "ERR_" not in text]


def test_without_a_socket_the_grid_is_polled(dashboard: Dashboard) -> None:
    dashboard.page.route_web_socket("**/ws", lambda socket: socket.close())
    dashboard.open()
    eventually(lambda: state(dashboard) == "reconnecting", "reconnecting")
    assert dashboard.asked("/api/funding-rates-grid") >= 1
    assert not dashboard.part("banner").is_visible()


def test_a_failure_is_an_error_with_retry_and_not_a_zero(dashboard: Dashboard) -> None:
    dashboard.page.route_web_socket("**/ws", lambda socket: socket.close())
    broken = {"status": 503, "json": {"detail": "Database is down"}}
    dashboard.page.route("**/api/funding-rates-grid", lambda route: route.fulfill(**broken))
    dashboard.page.goto(BASE)
    dashboard.part("grid-error").wait_for()
    assert "Database is down" in dashboard.part("grid-error").inner_text()
    assert dashboard.part("stat-total-contracts").locator(".stat-value").inner_text().strip() == ""
    assert state(dashboard) == "offline"
    dashboard.page.unroute("**/api/funding-rates-grid")
    dashboard.part("grid-retry").click()
    dashboard.page.wait_for_selector("[data-testid^=cell-]")
    dashboard.complaints[:] = [text for text in dashboard.complaints if "503" not in text]


def test_a_phone_shows_the_grid_without_sideways_scrolling_of_the_page(dashboard: Dashboard) -> None:
    dashboard.page.set_viewport_size({"width": 375, "height": 740})
    dashboard.open()
    assert dashboard.page.evaluate("document.documentElement.scrollWidth") <= 375
    assert dashboard.page.locator(".content").evaluate("node => node.scrollWidth <= node.clientWidth")
    assert dashboard.part("connection-pill").is_visible()
    first = dashboard.shown_assets()[0]
    dashboard.part(f"expand-{first}").click()
    dashboard.part(f"expanded-{first}").locator("tbody tr").first.wait_for()
    picture = dashboard.page.screenshot()
    assert len(picture) > 20_000, "a picture that small would be blank"


def test_columns_that_do_not_fit_scroll_under_the_assets_name(dashboard: Dashboard) -> None:
    dashboard.page.set_viewport_size({"width": 1024, "height": 768})
    dashboard.open()
    holder = dashboard.page.locator(".tabulator-tableholder")
    assert holder.evaluate("node => node.scrollWidth > node.clientWidth")
    row = dashboard.part(f"row-{dashboard.shown_assets()[0]}")
    name, last = row.locator(".asset-column"), row.locator("[data-exchange]").last
    at_first = name.bounding_box()["x"]
    holder.evaluate("node => { node.scrollLeft = node.scrollWidth }")
    eventually(lambda: last.bounding_box()["x"] + last.bounding_box()["width"] <= 1024, "the last exchange in view")
    assert abs(name.bounding_box()["x"] - at_first) < 1
    assert dashboard.page.evaluate("document.documentElement.scrollWidth") <= 1024


def test_the_theme_is_kept(dashboard: Dashboard) -> None:
    dashboard.open()
    root = dashboard.page.locator("html")
    assert root.get_attribute("data-theme") == "dark"
    dashboard.part("theme-toggle").click()
    assert root.get_attribute("data-theme") == "light"
    dashboard.page.reload()
    dashboard.page.wait_for_selector("[data-testid^=cell-]")
    assert root.get_attribute("data-theme") == "light"


def test_the_grid_is_walked_with_the_keyboard(dashboard: Dashboard) -> None:
    dashboard.open()
    second = dashboard.shown_assets()[1]
    dashboard.page.locator(".tabulator-tableholder").focus()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        dashboard.page.keyboard.press(key)
        dashboard.page.wait_for_timeout(100)
    dashboard.part(f"expanded-{second}").locator("tbody tr").first.wait_for()
