"""What was taken over from others is what docs/decisions says it is, and is tamed."""

import hashlib
import json
import re

import pytest
from flask.testing import FlaskClient

from moderation.models import Site
from tests.servers import ROOT
from tests.web.pages import Page

VENDOR = ROOT / "moderation" / "static" / "vendor"


def test_every_file_is_the_one_that_was_decided_on() -> None:
    page = (ROOT / "docs" / "decisions" / "0001-dependencies.md").read_text(encoding="utf-8")
    stated = dict(re.findall(r"`moderation/static/vendor/([\w.]+)`[^|]*SHA-256 `(\w{64})`", page))

    assert stated == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in VENDOR.iterdir()
    }


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_htmx_evaluates_nothing_and_injects_nothing(desk: FlaskClient, site: Site) -> None:
    config = json.loads(
        Page(desk.get("/queue").text).one("meta", name="htmx-config").attrs["content"]
    )

    switched_off = ("allowEval", "allowScriptTags", "includeIndicatorStyles", "historyEnabled")
    assert {name: config[name] for name in switched_off} == dict.fromkeys(switched_off, False)
    assert config["selfRequestsOnly"] is True


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_readers_never_load_it(client: FlaskClient, site: Site) -> None:
    for path in ("/s/news/comments?article=https://news.example.com/trees", "/login"):
        assert "vendor/" not in client.get(path).text
