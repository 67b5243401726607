"""How many bytes a reader's browser loads: the embedding script, and the page in the frame."""

import gzip
import re

import pytest
from flask.testing import FlaskClient

from tests.web.pages import Page, Reader

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SCRIPT_BUDGET, PAGE_BUDGET = 3_000, 15_000  # bytes, gzipped
NAMED_IN_CSS = re.compile(r"url\(|@import")


def _size(content: bytes) -> int:
    return len(gzip.compress(content, 6))  # what servers do by default


def test_the_script_is_under_3_kilobytes(client: FlaskClient) -> None:
    assert _size(client.get("/embed.js", buffered=True).data) < SCRIPT_BUDGET


@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_the_page_without_comments_is_under_15_kilobytes(reader: Reader, language: str) -> None:
    answer = reader.read(lang=language)
    page = Page(answer.text)
    sheets = [link.attrs["href"] for link in page.all("link", rel="stylesheet")]
    scripts = [script.attrs["src"] for script in page.all("script")]
    assert len(sheets) >= 2 and len(scripts) >= 2

    files = {path: reader.client.get(path, buffered=True) for path in [*sheets, *scripts]}
    assert {file.status_code for file in files.values()} == {200}
    assert not [path for path, file in files.items() if NAMED_IN_CSS.search(file.text)]
    sizes = {path: _size(file.data) for path, file in files.items()}
    assert _size(answer.data) + sum(sizes.values()) < PAGE_BUDGET, sizes
