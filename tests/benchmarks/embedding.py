"""`python -m tests.benchmarks.embedding`: what the comments cost the page that embeds them."""

import shutil
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, sync_playwright

from tests import databases
from tests.browser import stage as theatre
from tests.browser.cast import fill
from tests.browser.chromium import CHROMIUM, FLAGS
from tests.browser.embedding import SHIFTED, WATCH_SHIFTS, fits, frame_in, write_article
from tests.browser.stage import NEWS, Host, Stage, snippet

ROUNDS = 9
PAUSE = 200  # milliseconds between two turns of the wheel: 1,500 pixels a second
PAGES = ("plain.html", "trees.html")  # without and with the comments
WATCH_LONG_TASKS = """new PerformanceObserver((list) => {
  window.longTasks = (window.longTasks || 0) + list.getEntries().length;
}).observe({ type: "longtask", buffered: true })"""


def main() -> None:
    """Print the medians: milliseconds of the main thread, layout shift, long tasks."""
    with (
        tempfile.TemporaryDirectory() as name,
        databases.sqlite_template(Path(name)) as template,
        theatre.host(Path(name)) as host,
    ):
        folder = Path(name) / "stage"
        folder.mkdir()
        stage = theatre.build(folder, template, [host.origin(NEWS)])
        try:
            fill(stage, f"{host.origin(NEWS)}/{PAGES[1]}")
            write_article(host, PAGES[0], "")
            write_article(host, PAGES[1], snippet(stage.url, stage.site))
            stage.installation.serve()
            _measure(stage, host)
        finally:
            stage.close()


def _measure(stage: Stage, host: Host) -> None:
    path = next(filter(None, map(shutil.which, CHROMIUM)))
    rounds = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        for _ in range(ROUNDS):
            plain, embedding = (_visit(browser, f"{host.origin(NEWS)}/{page}") for page in PAGES)
            rounds.append({name: embedding[name] - plain[name] for name in plain})
        browser.close()
    for name, unit in (
        ("work", "ms of the page's main thread for the comments"),
        ("shift", "of layout shift while a reader scrolls to the comments"),
        ("long", "long tasks (50 ms and more) in the page"),
    ):
        values = [found[name] for found in rounds]
        print(f"{statistics.median(values):.3f} {unit} (at most {max(values):.3f})")


def _visit(browser: Browser, url: str) -> dict[str, float]:
    """Read the page down to its end, as a reader does."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.add_init_script(WATCH_SHIFTS)
        page.add_init_script(WATCH_LONG_TASKS)
        session = context.new_cdp_session(page)
        session.send("Performance.enable")
        page.goto(url)
        for _ in range(15):
            page.mouse.wheel(0, 300)
            page.wait_for_timeout(PAUSE)
        page.wait_for_load_state("networkidle")
        work = _thread_time(session)
        if page.locator("#comments").count():
            assert fits(page, frame_in(page))
        shift, long = page.evaluate(SHIFTED), page.evaluate("window.longTasks || 0")
        return {"work": work, "shift": shift, "long": long}


def _thread_time(session: CDPSession) -> float:
    """Milliseconds of a processor that the page's main thread has used so far."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(m["value"] for m in metrics if m["name"] == "ThreadTime")) * 1000


if __name__ == "__main__":
    main()
