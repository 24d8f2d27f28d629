"""Takes a picture of a page: screenshot.py URL OUTPUT.png

Waits for the grid to be filled. `--click` presses parts of the page first, named by their data-testid.
"""

import argparse

from browser import open_browser
from playwright.sync_api import sync_playwright


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("output")
    parser.add_argument("--width", type=int, default=1440)
    parser.add_argument("--height", type=int, default=900)
    parser.add_argument("--theme", choices=["dark", "light"], default="dark")
    parser.add_argument("--click", action="append", default=[], metavar="TESTID")
    parser.add_argument("--hover", metavar="TESTID")
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = open_browser(playwright)
        page = browser.new_page(viewport={"width": arguments.width, "height": arguments.height})
        page.add_init_script(f"localStorage.setItem('dashboard.theme', '{arguments.theme}')")
        page.goto(arguments.url)
        page.wait_for_selector("[data-testid^=cell-]")
        for name in arguments.click:
            page.get_by_test_id(name).click()
        if arguments.hover:
            page.get_by_test_id(arguments.hover).hover()
        # The last animations end before the picture is taken.
        page.wait_for_timeout(1200)
        page.screenshot(path=arguments.output)
        browser.close()


if __name__ == "__main__":
    main()
