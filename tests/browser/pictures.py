"""Takes the pictures of docs/embedding.md: pages of a foreign site, each in another situation.

python -m tests.browser.pictures
"""

import datetime as dt
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import select

from moderation.models import Site
from moderation.statuses import Status
from moderation.sweep import now
from tests import databases
from tests.browser import stage as theatre
from tests.browser.chromium import CHROMIUM, FLAGS
from tests.browser.embedding import fits, frame_in
from tests.browser.stage import NEWS, Host, Stage, snippet
from tests.factories import make_comment
from tests.servers import ROOT, wait_until

IMAGES = ROOT / "docs" / "images"
LARGEST = 200_000  # bytes of a picture
STYLE = """<style>body{{font:17px/1.55 {font};max-width:42rem;margin:0 auto;padding:1rem;
background:{paper};color:{ink};color-scheme:{scheme}}}</style>"""
LIGHT = STYLE.format(font="Georgia,serif", paper="#fffdf8", ink="#222", scheme="light")
DARK = STYLE.format(font="system-ui", paper="#14171c", ink="#e6e6e6", scheme="dark")
ENGLISH = (
    ("Ada Lindgren", "A little shade in July would change everything. Thank you!"),
    ("Tomás Rivera", "The limes in Mill Lane needed six years before you could sit under them."),
    ("Ada Lindgren", "Six years is fine. My daughter will be nine then."),
)
ARABIC = (
    ("فاطمة", "شكرا على هذا المقال. قليل من الظل في الصيف سيغير كل شيء."),
    ("Tomás", "Limes need about six years."),
    ("يوسف", "القيقب الحقلي اختيار جيد للصيف الجاف: https://example.org/maple"),
)


@dataclass(frozen=True)
class Picture:
    """One page of the foreign site, and the browser in front of it."""

    name: str
    comments: tuple[tuple[str, str], ...]
    size: tuple[int, int]
    head: str = LIGHT
    language: str = "en"
    scheme: Any = "light"
    title: str = "Town council plants four hundred trees"
    lead: str = "The first forty come to Market Square in December. What do you think?"


PICTURES = (
    Picture("embedded", ENGLISH, (1100, 1150)),
    Picture("embedded-phone", ENGLISH, (390, 1250)),
    Picture("embedded-dark", ENGLISH, (1100, 1150), head=DARK, scheme="dark"),
    Picture(
        "embedded-arabic",
        ARABIC,
        (390, 1300),
        language='ar" dir="rtl',
        title="مجلس المدينة يزرع أربعمائة شجرة",
        lead="تصل أول أربعين شجرة إلى ساحة السوق في ديسمبر. ما رأيكم؟",
    ),
)


def main() -> None:
    """Serve an installation with comments, and take the pictures."""
    with (
        tempfile.TemporaryDirectory() as name,
        databases.sqlite_template(Path(name)) as template,
        theatre.host(Path(name)) as host,
    ):
        folder = Path(name) / "stage"
        folder.mkdir()
        stage = theatre.build(folder, template, [host.origin(NEWS)])
        try:
            for picture in PICTURES:
                _write(stage, host, picture)
            stage.installation.serve()
            _photograph(stage, host)
        finally:
            stage.close()


def _write(stage: Stage, host: Host, picture: Picture) -> None:
    page = f"{picture.name}.html"
    language = picture.language[:2]
    place = snippet(stage.url, stage.site).replace("data-site", f'data-lang="{language}" data-site')
    (host.folder / page).write_text(
        f'<!doctype html><html lang="{picture.language}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width">{picture.head}'
        f"<h1>{picture.title}</h1><p>{picture.lead}</p>{place}",
        encoding="utf-8",
    )
    with stage.services.database.transaction() as session:
        site = session.scalars(select(Site).where(Site.key == stage.site)).one()
        parent = None
        for number, (name, body) in enumerate(picture.comments):
            parent = make_comment(
                session,
                site,
                status=Status.APPROVED,
                name=name,
                body=body,
                parent=parent,
                article=f"{host.origin(NEWS)}/{page}",
                now=now() - dt.timedelta(minutes=140 - 40 * number),
            )


def _photograph(stage: Stage, host: Host) -> None:
    path = next(filter(None, map(shutil.which, CHROMIUM)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        for picture in PICTURES:
            _take(browser, host, picture)
        browser.close()


def _take(browser: Browser, host: Host, picture: Picture) -> None:
    width, height = picture.size
    with browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=picture.scheme
    ) as context:
        page = context.new_page()
        page.goto(f"{host.origin(NEWS)}/{picture.name}.html")
        frame = frame_in(page)
        wait_until(lambda: fits(page, frame))
        page.wait_for_load_state("networkidle")
        image = IMAGES / f"{picture.name}.png"
        page.screenshot(path=image)
        print(f"{image.relative_to(ROOT)}  {image.stat().st_size:,} bytes")
        assert image.stat().st_size < LARGEST


if __name__ == "__main__":
    main()
