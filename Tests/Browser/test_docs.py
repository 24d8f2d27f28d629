"""The API's documentation pages: made by us from our own files, under the same strict policy as every page."""

from urllib.parse import urlsplit

from conftest import BASE, Dashboard, fetch


def test_the_page_lists_every_operation_and_asks_nobody_else(dashboard: Dashboard) -> None:
    document = fetch("/openapi.json")
    operations = sum(len(path) for path in document["paths"].values())
    dashboard.page.goto(BASE + "/docs")
    dashboard.page.wait_for_selector(".opblock")
    assert dashboard.page.locator(".opblock").count() == operations
    assert {urlsplit(url).netloc for url in dashboard.requests if not url.startswith("data:")} == {urlsplit(BASE).netloc}


def test_an_operation_opens_with_its_parameters(dashboard: Dashboard) -> None:
    dashboard.page.goto(BASE + "/docs")
    operation = dashboard.page.locator("#operations-rates-get_api_funding_rates")
    operation.click()
    operation.get_by_text("sort_by", exact=True).wait_for()


def test_the_page_to_read_shows_every_operation_and_asks_nobody_else(dashboard: Dashboard) -> None:
    document = fetch("/openapi.json")
    names = {operation["operationId"] for path in document["paths"].values() for operation in path.values()}
    dashboard.page.goto(BASE + "/redoc")
    dashboard.page.wait_for_selector("#docs h1")
    for name in names:
        dashboard.page.locator(f'[id$="operation/{name}"]').first.wait_for(state="attached")
    assert {urlsplit(url).netloc for url in dashboard.requests if not url.startswith("data:")} == {urlsplit(BASE).netloc}
