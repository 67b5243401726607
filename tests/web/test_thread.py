"""The thread as a page, a fragment and JSON: orders, pages, one comment in its place, folds."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from moderation.db import Database
from moderation.flow.publish import PAGE_SIZE
from moderation.flow.store import change_status
from moderation.models import Comment, Site
from moderation.statuses import Actor, Change, Status
from moderation.web.readers.thread import LONG
from tests.doubles import NOON
from tests.factories import ARTICLE, set_policy
from tests.web.pages import Page, Reader

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Write = Callable[..., Comment]


def shown(page: Page) -> list[str]:
    """The ids of the comments on a page, in order."""
    found = [each.attrs.get("id", "") for each in page.all("li")]
    return [each.removeprefix("comment-") for each in found if each.startswith("comment-")]


def link(page: Page, text: str) -> str:
    """Where the only link with these words leads."""
    [found] = [each for each in page.all("a") if each.text.strip() == text]
    return found.attrs["href"]


def test_of_a_date_only_what_was_understood_is_handed_on(reader: Reader, write: Write) -> None:
    write()
    endless = f"2026-05-04T12:00:00.{'5' * 9000}+00:00"
    for sent, kept in (
        ("2026-05-04", "2026-05-04T00:00:00+00:00"),
        ("2026-05-04T12:00:00.5+02:00", "2026-05-04T10:00:00.500000+00:00"),
        (endless, "2026-05-04T12:00:00.555555+00:00"),
        ("9" * 9000, ""),
    ):
        shown, again = reader.page(published=sent), reader.send(published=sent, name="")
        for page in (shown, Page(again.text)):
            assert page.value("published") == kept
            assert len(page.html) < 30_000
            handed_on = parse_qs(urlsplit(link(page, "Reply to Ada")).query).get("published", [""])
            assert handed_on == [kept]
        assert reader.page(published=kept).value("published") == kept


def test_the_order_is_the_sites_or_the_readers(
    reader: Reader, write: Write, database: Database, site: Site
) -> None:
    old, new = write().public_id, write().public_id
    assert shown(reader.page()) == [old, new]
    assert shown(reader.page(sort="newest")) == [new, old]
    assert shown(reader.page(sort="nonsense")) == [old, new]
    set_policy(database, site, newest_first=True)
    assert shown(reader.page()) == [new, old]
    page = reader.page(sort="oldest")
    assert shown(page) == [old, new]
    [marked] = page.all("a", aria_current="true")
    assert marked.text == "Oldest first"
    assert "sort=" not in link(page, "Newest first")  # it is the site's own


@pytest.mark.parametrize("sort", ["oldest", "newest"])
def test_pages_follow_each_other_in_the_same_order(reader: Reader, write: Write, sort: str) -> None:
    ids = [write().public_id for _ in range(PAGE_SIZE + 2)]
    first = reader.page(sort=sort)
    rest = Page(reader.client.get(link(first, "More comments")).text)
    expected = ids if sort == "oldest" else ids[::-1]
    assert shown(first) + shown(rest) == expected
    assert "More comments" not in rest.text
    back = Page(reader.client.get(link(rest, "To the first page")).text)
    assert shown(back) == shown(first)


def test_a_permalink_shows_a_comment_in_its_place(reader: Reader, write: Write) -> None:
    top = write("top")
    asked = write("asked", top)
    below = write("below", asked)
    write("aside", top)
    address = next(
        each.attrs["href"]
        for each in reader.page().all("a", class_="permalink")
        if asked.public_id in each.attrs["href"]
    )
    assert address.endswith(f"#comment-{asked.public_id}")
    page = Page(reader.client.get(address).text)
    assert shown(page) == [each.public_id for each in (top, asked, below)]
    whole = Page(reader.client.get(link(page, "All comments")).text)
    assert len(shown(whole)) == 4


def test_who_cancels_a_reply_reads_on_as_before(reader: Reader, write: Write) -> None:
    asked = write().public_id
    page = reader.page(parent=asked, sort="newest", published="2026-05-01")
    back = link(page, "Cancel the reply")
    assert "sort=newest" in back
    assert "published=2026-05-01" in back
    assert back.endswith(f"#comment-{asked}")
    assert "parent=" not in back


@pytest.mark.parametrize("wanted", ["nobody’s", "held"])
def test_a_link_to_what_is_not_public_shows_the_thread_and_says_so(
    reader: Reader, write: Write, wanted: str
) -> None:
    public, held = write(), write("canary", status=Status.HELD)
    answer = reader.read(comment=held.public_id if wanted == "held" else wanted)
    assert answer.status_code == 404
    page = Page(answer.text)
    assert shown(page) == [public.public_id]
    assert "is not (or no longer) shown" in page.text
    assert "canary" not in answer.text


def test_ids_that_no_database_stores_are_those_of_no_comment(reader: Reader, write: Write) -> None:
    write()
    for path in ("comments", "comments.html", "comments.json", "new.json"):
        for name in ("after", "comment"):
            address = f"/s/news/{path}?article={ARTICLE}&{name}=%00%ff%ed%a0%80"
            assert reader.client.get(address).status_code in (200, 404), address


def test_branches_of_a_long_thread_begin_folded(reader: Reader, write: Write) -> None:
    top = write()
    reply = write("reply", top)
    write("reply to it", reply)
    folds = [each.attrs for each in reader.page().all("details")]
    assert ["open" in each for each in folds] == [True, True]
    for _ in range(LONG - 2):
        write()
    page = reader.page()
    assert ["open" in each.attrs for each in page.all("details")] == [True, False]
    assert [each.text for each in page.all("summary")] == ["2 replies", "1 reply"]
    one = reader.page(comment=reply.public_id)
    assert all("open" in each.attrs for each in one.all("details"))


def test_a_page_that_goes_on_within_a_branch_is_no_broken_tree(
    reader: Reader, write: Write
) -> None:
    top = write()
    for _ in range(PAGE_SIZE - 1):
        write(parent=top)
    last, next_top = write(parent=top), write()
    first = reader.page()
    rest = Page(reader.client.get(link(first, "More comments")).text)
    assert shown(rest) == [last.public_id, next_top.public_id]
    assert [each.attrs["class"] for each in rest.all("li") if "id" in each.attrs] == [
        "level-1",
        "level-0",
    ]


def test_what_is_answered_is_linked_on_whatever_page_it_stands(
    reader: Reader, write: Write
) -> None:
    top = write("top", name="Zoe")
    for _ in range(PAGE_SIZE - 1):
        write(parent=top)
    last = write("last", top)
    first = reader.page()
    rest = Page(reader.client.get(link(first, "More comments")).text)
    assert shown(rest) == [last.public_id]

    def answered(page: Page) -> str:
        return [each.attrs["href"] for each in page.all("a") if "↩" in each.text][-1]

    assert answered(first) == f"#comment-{top.public_id}"
    there = Page(reader.client.get(answered(rest)).text)
    assert shown(there)[0] == top.public_id
    # Remembered for the one page, it is made anew for the other.
    assert answered(reader.page(comment=last.public_id)) == f"#comment-{top.public_id}"


def test_avatars_are_drawn_from_the_name_alone_and_can_be_off(
    reader: Reader, write: Write, database: Database, site: Site
) -> None:
    write(name="Ada")
    write(name=" ada")
    write(name="Zed")
    pictures = reader.page().all("svg")
    assert len(pictures) == 3
    assert all(each.attrs["aria-hidden"] == "true" for each in pictures)
    fills = [each.attrs["fill"] for each in reader.page().all("circle")]
    assert fills[0] == fills[1] != fills[2]
    set_policy(database, site, avatars=False)
    assert reader.page().all("svg") == []


def test_readers_pages_are_the_same_for_all_and_set_no_cookie(reader: Reader, write: Write) -> None:
    write()
    answer = reader.client.get(
        reader.path, query_string={"article": ARTICLE}, headers={"Sec-Fetch-Dest": "document"}
    )
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")


def test_the_json_has_both_orders_and_says_who_is_staff(
    reader: Reader, client: FlaskClient, write: Write
) -> None:
    ids = [write().public_id for _ in range(PAGE_SIZE + 1)]

    def get(**query: str) -> dict[str, object]:
        path = f"{reader.path}.json"
        return client.get(path, query_string={"article": ARTICLE, **query}).get_json()  # type: ignore[no-any-return]

    first = get(sort="newest")
    assert isinstance(first["comments"], list)
    assert [each["id"] for each in first["comments"]] == ids[:0:-1]
    assert first["next"] == ids[1]
    assert {each["staff"] for each in first["comments"]} == {False}
    assert get(sort="newest", after=ids[1])["comments"][0]["id"] == ids[0]  # type: ignore[index]


@pytest.mark.parametrize("path", ["comments.html", "comments.json", "feed.atom"])
def test_what_is_cached_ends_when_a_comment_goes(
    client: FlaskClient, write: Write, database: Database, path: str
) -> None:
    comment = write("canary")
    address = f"/s/news/{path}?article={ARTICLE}"
    first = client.get(address)
    assert first.headers["Cache-Control"] == "public, no-cache"
    known = {"If-None-Match": first.headers["ETag"]}
    assert client.get(address, headers=known).status_code == 304
    with database.transaction() as session:
        found = session.scalars(select(Comment).where(Comment.id == comment.id)).one()
        change_status(
            session,
            found,
            Status.REJECTED,
            change=Change.DECIDED,
            actor=Actor.MACHINE,
            now=NOON,
        )
    again = client.get(address, headers=known)
    assert again.status_code == 200
    assert "canary" not in again.text


def test_the_fragment_stands_by_itself_on_a_page_of_another_host(
    client: FlaskClient, write: Write
) -> None:
    write("below", write("top"))
    answer = client.get(f"/s/news/comments.html?article={ARTICLE}")
    page = Page(answer.text)
    assert {each.tag for each in page.elements} & {
        "html",
        "head",
        "body",
        "form",
        "script",
    } == set()
    assert page.elements[0].attrs["class"] == "comments"
    places = [each.attrs["href"] for each in page.all("a")]
    assert len(places) > 5
    assert all(place.startswith("http://127.0.0.1:8000/s/news/") for place in places)
    assert "#form" in link(page, "Leave a comment")
    assert not [each for each in page.elements if "style" in each.attrs]


def test_the_fragment_of_an_article_without_comments_leads_to_the_form(
    client: FlaskClient, site: Site
) -> None:
    page = Page(client.get(f"/s/news/comments.html?article={ARTICLE}").text)
    assert page.one("h2").text == "No comments yet"
    assert page.all("li") == []


def test_it_speaks_the_language_that_is_asked_for(client: FlaskClient, write: Write) -> None:
    write()
    page = Page(client.get(f"/s/news/comments.html?article={ARTICLE}&lang=ar").text)
    assert page.elements[0].attrs["dir"] == "rtl"
    assert all("lang=ar" in each.attrs["href"] for each in page.all("a"))


def test_new_comments_are_counted_in_words(client: FlaskClient, write: Write) -> None:
    seen = write().public_id
    address = f"/s/news/new.json?article={ARTICLE}&after={seen}"
    nothing = client.get(address)
    assert nothing.headers["Cache-Control"] == "public, max-age=10"
    assert nothing.get_json() == {"count": 0, "first": None, "text": "0 new comments"}
    with_time = write(now=NOON.replace(hour=13)).public_id
    assert client.get(address).get_json() == {
        "count": 1,
        "first": with_time,
        "text": "1 new comment",
    }


def test_the_page_names_the_site_and_leads_back_to_the_article(reader: Reader) -> None:
    page = reader.page(title="zqtitle")

    assert page.one("title").text == "Comments · News"
    line = page.one("p", class_="home")
    assert line.text == "Back to the article · News"
    [link] = [each for each in page.all("a") if each.text == "Back to the article"]
    assert (link.attrs["href"], link.attrs["target"]) == (reader.article, "_top")


def test_the_page_names_its_feed(reader: Reader, write: Write) -> None:
    write()
    page = reader.page()
    [feed] = page.all("link", rel="alternate", type="application/atom+xml")
    answer = reader.client.get(feed.attrs["href"])
    assert answer.content_type.startswith("application/atom+xml")
