"""The whole story where there is no network but loopback: nothing calls home, nothing is missed."""

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests import databases
from tests.conftest import SECRETS
from tests.factories import PASSWORD
from tests.servers import MODELS, ROOT, Installation, Reader
from tests.web.pages import Page

ARTICLE = "http://news.example/trees"
OUTSIDE = (("1.1.1.1", 53), ("2606:4700:4700::1111", 53))
EMAIL = "grace@example.com"
CLEAN = "What a lovely tree, thank you."
TOXIC = "You are a stupid idiot, shut up."
ALONE = ("unshare", "--user", "--map-root-user", "--net", "sh", "-c")
UP = "ip link set lo up && exec "


@pytest.mark.slow
def test_comments_are_published_held_and_approved_without_a_network(
    sqlite_template: Path, tmp_path: Path
) -> None:
    if not all(map(shutil.which, ("unshare", "ip"))):
        pytest.skip("unshare (util-linux) or ip (iproute2) is not installed")
    tried = subprocess.run([*ALONE, f"{UP} true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"this machine permits no network namespaces: {tried.stderr.strip()}")
    url = databases.copy_sqlite(sqlite_template, tmp_path)

    told = subprocess.run(
        [*ALONE, f'{UP} "$@"', "sh", sys.executable, "-m", __name__, url, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )

    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout.splitlines() == ["cut off", "published", "held", "approved"]


# What follows runs inside, in a process of its own.


def tell_story(url: str, folder: Path) -> None:
    """Say each step once it is so."""
    require_nothing_outside()
    print("cut off")
    installation = Installation(env=settings(url, folder), log=folder / "log")
    try:
        installation.run("site", "add", "news", "--origin", "http://news.example")
        installation.run(
            "moderator", "add", EMAIL, "--role", "moderator", "--password-stdin",
            stdin=f"{PASSWORD}\n",
        )  # fmt: skip
        installation.serve()
        installation.wait_ready()
        reader = Reader(installation.url, "news", ARTICLE)
        expect(reader, CLEAN, 201)
        print("published")
        expect(reader, TOXIC, 202)
        print("held")
        approve_the_only_one(installation.url)
        assert reader.is_public(TOXIC)
        print("approved")
        reader.http.close()
    except BaseException:
        print(installation.log.read_text() if installation.log.exists() else "", file=sys.stderr)
        raise
    finally:
        installation.stop_all()


def settings(url: str, folder: Path) -> dict[str, str]:
    """A server that scores by itself with the compiled model."""
    return {
        **SECRETS,
        "DATABASE_URL": url,
        "MODEL": "home",
        "MODEL_CACHE": str(MODELS),
        "ERASED_LIST": str(folder / "erased.list"),
        "SCORER": "embedded",
        "SCORE_WAIT": "30",  # long enough that every answer names the outcome
        "FORM_MIN_AGE": "0",
    }


def require_nothing_outside() -> None:
    """Fail where there is any other interface, or where an address outside can be reached."""
    interfaces = [name for _, name in socket.if_nameindex()]
    assert interfaces == ["lo"], interfaces
    for address in OUTSIDE:
        try:
            socket.create_connection(address, timeout=5).close()
        except OSError:
            continue
        raise AssertionError(f"{address} answers")


def expect(reader: Reader, body: str, code: int) -> None:
    """Send a comment; 201 is a published one, 202 a held one."""
    answer = reader.send(body)
    assert answer.status_code == code, answer.text
    assert answer.json()["status"] == ("approved" if code == 201 else "held")
    assert reader.is_public(body) == (code == 201)


def approve_the_only_one(url: str) -> None:
    """Sign in and approve what is in the queue."""
    with httpx.Client(base_url=url, follow_redirects=True, timeout=30) as desk:
        form = {"email": EMAIL, "password": PASSWORD}
        token = Page(desk.get("/login").text).value("csrf_token")
        page = Page(desk.post("/login", data={**form, "csrf_token": token}).text)
        card = page.one("article")
        assert TOXIC in card.text
        assert "The model finds" in card.text, "held for its words"
        decision = {
            "csrf_token": page.value("csrf_token"),
            "version": page.value("version"),
            "action": "approve",
        }
        said = desk.post(page.one("form", class_="decide").attrs["action"], data=decision)
        assert said.status_code == 200, said.text


if __name__ == "__main__":
    tell_story(sys.argv[1], Path(sys.argv[2]))
