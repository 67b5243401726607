"""Articles as mails and endpoints are told of them."""

from urllib.parse import quote

from moderation.models import Article

PLACE_MAX = 120  # characters


def place_of(article: Article) -> str:
    """Host and path of an article, in ASCII: what else its address holds, anybody may have put."""
    place = quote(article.key.partition("?")[0], safe="/%:@!$&'()*+,;=~")
    return place if len(place) <= PLACE_MAX else place[:PLACE_MAX] + "…"
