"""The browser the tests and pictures use: Debian's Chromium, or the one FUNDING_CHROMIUM names."""

import os

from playwright.sync_api import Browser, Playwright


def open_browser(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(
        executable_path=os.environ.get("FUNDING_CHROMIUM", "/usr/bin/chromium"),
        args=["--no-sandbox"],
    )
