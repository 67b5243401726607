"""What of a thread a request asks for, and the addresses of its other parts."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import url_for

from moderation.flow.publish import Sort
from moderation.services import services
from moderation.text import clean_line
from moderation.web.readers.stand import Stand


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Which comments of which article, in which order. Ids are public ones, or empty."""

    stand: Stand
    sort: Sort
    after: str  # the last comment that was read
    comment: str  # the one to show in its place; empty: the whole thread
    published: str  # what the embedding page says of the article's date
    root: str = ""  # before each address: PUBLIC_URL where it will stand on a page of another host

    def address(
        self,
        *,
        sort: Sort | None = None,
        after: str = "",
        comment: str = "",
        parent: str = "",
        anchor: str = "",
    ) -> str:
        """The page of this thread with such a part of it; without any, the thread from its top."""
        page, wanted = self.stand.page, sort or self.sort
        return self.root + url_for(
            "readers.thread",
            site_key=self.stand.site.key,
            article=page.url,
            title=page.title or None,
            published=self.published or None,
            sort=None if wanted is default_sort(self.stand) else wanted.value,
            after=after or None,
            comment=comment or None,
            parent=parent or None,
            _anchor=anchor or None,
        )

    def place(self, public_id: str) -> str:
        """The page that shows this comment in its place."""
        return self.address(comment=public_id, anchor=f"comment-{public_id}")

    def in_order(self, sort: str) -> str:
        """The thread from its top in this order."""
        return self.address(sort=Sort(sort), anchor="discussion")

    @property
    def feed(self) -> str:
        """The address of the article's feed."""
        site_key, article = self.stand.site.key, self.stand.page.url
        return self.root + url_for("readers.feed", site_key=site_key, article=article)


def read_reading(stand: Stand, query: Mapping[str, str], *, is_absolute: bool = False) -> Reading:
    """What the query string asks for; an unknown order is the site's own."""
    sort = query.get("sort")
    return Reading(
        stand=stand,
        sort=Sort(sort) if sort in list(Sort) else default_sort(stand),
        after=clean_line(query.get("after", "")),  # no database looks for a NUL
        comment=clean_line(query.get("comment", "")),
        published=clean_line(query.get("published", "")),
        root=services().settings.public_url if is_absolute else "",
    )


def default_sort(stand: Stand) -> Sort:
    """The order in which readers meet the threads of the site."""
    return Sort.NEWEST if stand.policy.newest_first else Sort.OLDEST
