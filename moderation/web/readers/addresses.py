"""The addresses of a thread and of its parts, for pages of ours and of others."""

from dataclasses import dataclass
from typing import Any

from flask import url_for

from moderation.flow.publish import Sort


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where the parts of one article's thread are found. Equal ones lead to the same places."""

    site_key: str
    article: str  # its address
    title: str  # what the embedding page says of the article
    published: str
    sort: Sort
    usual: Sort  # the site's own order, which an address need not name
    language: str | None  # the one that was asked for and is kept
    root: str = ""  # before each address: PUBLIC_URL where it will stand on a page of another host

    def thread(
        self,
        *,
        sort: Sort | None = None,
        after: str = "",
        comment: str = "",
        parent: str = "",
        anchor: str = "",
    ) -> str:
        """The page with such a part of the thread; without any, the thread from its top."""
        wanted = sort or self.sort
        return self._address(
            "readers.thread",
            title=self.title or None,
            published=self.published or None,
            sort=None if wanted is self.usual else wanted.value,
            after=after or None,
            comment=comment or None,
            parent=parent or None,
            _anchor=anchor or None,
        )

    def place(self, public_id: str) -> str:
        """The page that shows this comment in its place."""
        return self.thread(comment=public_id, anchor=f"comment-{public_id}")

    def in_order(self, sort: str) -> str:
        """The thread from its top in this order."""
        return self.thread(sort=Sort(sort), anchor="discussion")

    def report(self, public_id: str) -> str:
        """The page on which a reader reports this comment, and from which it goes back."""
        return self._address(
            "readers.report_form",
            comment=public_id,
            published=self.published or None,
            sort=None if self.sort is self.usual else self.sort.value,
            _anchor="report",
        )

    @property
    def feed(self) -> str:
        """The article's feed."""
        return self._address("readers.feed")

    def _address(self, endpoint: str, **values: Any) -> str:
        values = {"article": self.article, **values, "lang": self.language}
        return self.root + url_for(endpoint, site_key=self.site_key, **values)
