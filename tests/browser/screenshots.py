"""Takes the pictures of docs/images from a really running server: by hand, once in a while.

python -m moderation.scoring.compiling home instance/cache/models
python -m tests.browser.screenshots
"""

import datetime as dt
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from sqlalchemy import select

from moderation.models import Comment
from tests import databases
from tests.browser import pictures
from tests.browser import stage as theatre
from tests.browser.chromium import CHROMIUM, FLAGS
from tests.browser.stage import Stage
from tests.browser.visits import sign_in
from tests.servers import MODELS, ROOT, Reader, wait_until

IMAGES = ROOT / "docs" / "images"
LARGEST = 200_000  # bytes of a picture
KEYS_AT = {"x": 340, "y": 200, "width": 600, "height": 720}
# name, text, index of the comment it answers, minutes after the first
CLEAN: list[tuple[str, str, int | None, int]] = [
    (
        "Ada Lindgren",
        "I cross Market Square every day with the pram. A little shade in July would change "
        "everything. Thank you!",
        None,
        0,
    ),
    (
        "Tomás Rivera",
        "Same here. The limes in Mill Lane needed about six years before you could sit under "
        "them, so let us start early.",
        0,
        14,
    ),
    ("Ada Lindgren", "Six years is fine. My daughter will be nine then.", 1, 22),
    (
        "Helen Okafor",
        "I own a shop there, and deliveries worry me more than parking. Is there a plan for "
        "them?\n\nI like the trees all the same.",
        None,
        47,
    ),
    (
        "Yusuf",
        "Field maples are a good choice for dry summers: https://example.org/field-maple",
        None,
        95,
    ),
]
HELD = [
    (
        "Gus",
        "Only a stupid idiot plants trees where people have to park. Shut up and resign, you "
        "pathetic fool.",
        None,
        101,
    ),
    ("Sapling Sale", "Cheap saplings! Call +44 20 7946 0958 or ask for our price list.", None, 130),
]


def main() -> None:
    """Serve the demo with the real model, let readers write, and take the pictures."""
    with tempfile.TemporaryDirectory() as name, databases.sqlite_template(Path(name)) as template:
        folder = Path(name) / "demo"
        folder.mkdir()
        demo = theatre.build(
            folder,
            template,
            ["https://news.example"],
            MODEL="home",
            MODEL_CACHE=str(MODELS),
            SCORER="embedded",
            SCORE_WAIT="20",
        )
        try:
            demo.installation.serve()
            demo.installation.wait_ready()
            _write(demo)
            _photograph(demo)
        finally:
            demo.close()
    pictures.main()


def _write(demo: Stage) -> None:
    reader = Reader(demo.url, "demo", f"{demo.url}/demo")
    start = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=140)
    ids: list[str] = []
    for number, (name, body, parent, minutes) in enumerate([*CLEAN, *HELD]):
        answer = reader.http.post(
            reader.page,
            headers={"Accept": "application/json"},
            data={
                "article": reader.article,
                "title": "Town council plants four hundred trees",
                "name": name,
                "email": f"reader{number}@example.com",
                "body": body,
                "parent": ids[parent] if parent is not None else "",
                "csrf_token": reader.token(),
            },
        )
        assert answer.status_code == (201 if number < len(CLEAN) else 202), (body, answer.text)
        ids.append(answer.json()["id"])
        with demo.services.database.transaction() as session:
            comment = session.scalars(select(Comment).where(Comment.public_id == ids[-1])).one()
            comment.created_at = start + dt.timedelta(minutes=minutes)


def _has_marks(page: Page, demo: Stage) -> bool:
    """Whether the queue shows which words raised a score: the worker looks when it has time."""
    page.goto(f"{demo.url}/queue")
    return page.locator(".text mark").count() > 0


def _photograph(demo: Stage) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1280, "height": 1790})
        page.goto(f"{demo.url}/demo")
        page.frame_locator("iframe").locator(".thread").wait_for()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=IMAGES / "article.png")
        page.set_viewport_size({"width": 1280, "height": 1150})
        sign_in(page, demo)
        wait_until(lambda: _has_marks(page, demo))
        page.screenshot(path=IMAGES / "queue.png")
        page.keyboard.press("?")
        page.screenshot(path=IMAGES / "queue-keys.png", clip=KEYS_AT)
        page.keyboard.press("Escape")
        page.set_viewport_size({"width": 390, "height": 1500})
        page.emulate_media(color_scheme="dark")
        page.goto(f"{demo.url}/queue")
        page.screenshot(path=IMAGES / "queue-phone-dark.png")
        browser.close()
    for image in IMAGES.glob("*.png"):
        print(f"{image.relative_to(ROOT)}  {image.stat().st_size:,} bytes")
        assert image.stat().st_size < LARGEST


if __name__ == "__main__":
    main()
