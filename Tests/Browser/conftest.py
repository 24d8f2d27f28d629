"""What the browser tests share: the suite's address, a browser, a page that records what it asked and complained of.

The tests run against the whole suite, started by scripts/test:
  FUNDING_TEST_API_URL   where the API serves the dashboard; without it the tests are skipped, unless CI is set
  FUNDING_TEST_SIMULATOR_URL   where the exchanges are played; one test asks it which contracts there are
  FUNDING_TEST_API_PID   the API's process, which one test stops and continues
"""

import json
import os
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from browser import open_browser

BASE = os.environ.get("FUNDING_TEST_API_URL", "").rstrip("/")
SIMULATOR = os.environ.get("FUNDING_TEST_SIMULATOR_URL", "").rstrip("/")
REQUIRED = bool(os.environ.get("CI") or os.environ.get("FUNDING_TEST_REQUIRED"))
DEADLINE_SECONDS = 20.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if BASE:
        return
    if REQUIRED:
        pytest.exit("FUNDING_TEST_API_URL is not set, and the tests are required here", returncode=1)
    for item in items:
        item.add_marker(pytest.mark.skip(reason="FUNDING_TEST_API_URL is not set"))


def fetch(path: str, base: str = BASE):
    """The API's answer, past the browser."""
    with urllib.request.urlopen(base + path, timeout=10) as response:
        return json.load(response)


def grid_cells() -> dict[str, dict[str, dict]]:
    """The API's grid: asset to exchange to cell."""
    return {row["asset"]: row["exchanges"] for row in fetch("/api/funding-rates-grid")["data"]}


def played_contracts() -> dict[str, int]:
    """How many contracts the simulated exchanges list, by the exchange's id: a feed is an exchange or a part of one."""
    counts: dict[str, int] = {}
    for feed, count in fetch("/_simulator/health", SIMULATOR)["live_contracts"].items():
        exchange = feed.partition("-")[0]
        counts[exchange] = counts.get(exchange, 0) + count
    return counts


def eventually(check: Callable[[], object], what: str, seconds: float = DEADLINE_SECONDS):
    """Asks until the answer is true; what was seen last is part of the failure."""
    deadline = time.monotonic() + seconds
    while True:
        seen = check()
        if seen:
            return seen
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds:.0f} s: {what} (last seen: {seen!r})")
        time.sleep(0.05)


@dataclass
class Dashboard:
    """The grid page in a browser."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> "Dashboard":
        self.page.goto(BASE + path)
        self.page.wait_for_selector("[data-testid^=cell-]")
        return self

    def part(self, name: str) -> Locator:
        return self.page.get_by_test_id(name)

    def cell(self, asset: str, exchange: str) -> Locator:
        return self.part(f"cell-{asset}-{exchange}")

    def columns(self) -> list[str]:
        ids = self.page.locator(".tabulator-headers [data-testid^=sort-]")
        names = [node.get_attribute("data-testid").removeprefix("sort-") for node in ids.all()]
        return [name for name in names if name != "asset"]

    def shown_cells(self) -> dict[tuple[str, str], str]:
        """Texts of the cells that are in the page; the grid draws those near the visible part only."""
        script = """nodes => nodes.map(node => [node.dataset.asset, node.dataset.exchange, node.textContent])"""
        found = self.page.locator("[data-testid^=cell-]").evaluate_all(script)
        return {(asset, exchange): text for asset, exchange, text in found}

    def shown_assets(self) -> list[str]:
        script = """nodes => nodes.map(node => node.dataset.testid.slice('row-'.length))"""
        return self.page.locator("[data-testid^=row-]").evaluate_all(script)

    def search(self, text: str) -> None:
        self.part("search").fill(text)

    def asked(self, path: str) -> int:
        return sum(urlsplit(url).path == path for url in self.requests)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = open_browser(playwright)
        yield browser
        browser.close()


@pytest.fixture
def dashboard(chromium: Browser) -> Iterator[Dashboard]:
    """A fresh profile with the grid not opened yet. Anything on the console as an error fails the test."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    board = Dashboard(context.new_page())
    board.page.on("request", lambda request: board.requests.append(request.url))
    board.page.on("console", lambda message: board.complaints.append(message.text) if message.type == "error" else None)
    board.page.on("pageerror", lambda error: board.complaints.append(str(error)))
    yield board
    context.close()
    assert board.complaints == []
