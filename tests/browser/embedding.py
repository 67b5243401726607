"""Pages of foreign sites that embed comments, and what a browser makes of them."""

import json
import shutil
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Browser, Frame, Locator, Page

from tests.browser.chromium import CHROMIUM, FLAGS
from tests.browser.stage import Host

INNER_HEIGHT = "document.documentElement.getBoundingClientRect().height"
# What a reader sees jump; what follows a key or a click of theirs is no surprise.
WATCH_SHIFTS = """new PerformanceObserver((list) => {
  for (const { value, hadRecentInput } of list.getEntries()) {
    if (!hadRecentInput) window.shifted = (window.shifted || 0) + value;
  }
}).observe({ type: "layout-shift", buffered: true })"""
SHIFTED = """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(
  () => setTimeout(() => done(window.shifted || 0)))))"""
PARAGRAPHS = "<p>A long article about trees, and about the town that they stand in.</p>" * 40
FOOTER = "<footer><p>The Daily News.</p></footer>"
LATENCY = 0.2  # seconds, each way
RATE = 50_000  # bytes in a second, about "slow 3G"


def frame_in(page: Page, place: str = "#comments") -> Frame:
    """The frame with the comments in this place, loaded."""
    page.frame_locator(f"{place} iframe").locator("main").wait_for()
    frame = page.locator(f"{place} iframe").element_handle().content_frame()
    assert frame is not None
    return frame


def fits(page: Page, frame: Frame, place: str = "#comments") -> bool:
    """Whether the frame is as high as what is in it."""
    outer = page.locator(f"{place} iframe").evaluate("frame => frame.clientHeight")
    return 0 <= float(outer) - float(frame.evaluate(INNER_HEIGHT)) < 2


def is_in_view(page: Page, locator: Locator) -> bool:
    """Whether the top of something stands in the window."""
    box, size = locator.bounding_box(), page.viewport_size
    return bool(box and size and 0 <= box["y"] < size["height"] - 50)


def roomy(snippet: str) -> str:
    """The snippet as the docs have it for pages that show it at once."""
    return snippet.replace('id="comments"', 'id="comments" style="min-height:100vh"')


def write_article(host: Host, name: str, snippet: str, **more: str) -> None:
    """A page with a long article, comments, and something below them."""
    host.write(name, PARAGRAPHS + snippet + FOOTER, **more)


@contextmanager
def profile(browser: Browser, folder: Path, *, is_strict: bool) -> Iterator[Page]:
    """A page of a browser that lets frames of other sites store nothing, or what they want."""
    preferences = {"block_third_party_cookies": is_strict, "cookie_controls_mode": int(is_strict)}
    (folder / "Default").mkdir()
    stored = folder / "Default" / "Preferences"
    stored.write_text(json.dumps({"profile": preferences}), encoding="utf-8")
    path = next(filter(None, map(shutil.which, CHROMIUM)))
    context = browser.browser_type.launch_persistent_context(
        folder, executable_path=path, args=list(FLAGS), viewport={"width": 1280, "height": 900}
    )
    try:
        yield context.pages[0]
    finally:
        context.close()


class _Slow(socketserver.BaseRequestHandler):
    """Passes everything on, late and bit by bit."""

    def handle(self) -> None:
        server = self.server
        assert isinstance(server, _Line)
        with socket.create_connection(("127.0.0.1", server.target)) as far:
            back = threading.Thread(target=_trickle, args=(far, self.request), daemon=True)
            back.start()
            _trickle(self.request, far)
            back.join()


class _Line(socketserver.ThreadingTCPServer):
    daemon_threads = True
    target = 0


def _trickle(source: socket.socket, goal: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(4096):
            time.sleep(LATENCY + len(chunk) / RATE)
            goal.sendall(chunk)
        goal.shutdown(socket.SHUT_WR)


@contextmanager
def slow_line(port: int) -> Iterator[str]:
    """A slow way to the server on this port; answers its address."""
    with _Line(("127.0.0.1", 0), _Slow) as line:
        line.target = port
        thread = threading.Thread(target=line.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{line.server_address[1]}"
        finally:
            line.shutdown()
            thread.join()
