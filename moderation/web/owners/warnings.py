"""What stands in the way of a site, in plain words for its owner."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from moderation.flow.articles import policy_of
from moderation.flow.sites import warn_of_languages, warn_of_nudges
from moderation.models import Site
from moderation.services import services
from moderation.statuses import Publishing
from moderation.web.owners.plain import join_words
from moderation.web.proxies import warn_of_proxies

HERE = {"127.0.0.1", "localhost", "::1"}


def warn_owner(site: Site) -> list[str]:
    """A sentence for each thing that keeps comments from working as the owner would expect."""
    return [
        *_of_language(site),
        *_of_proxies(),
        *_of_addresses(site),
        *_of_mail(site),
        *_of_nudge(site),
    ]


def _of_language(site: Site) -> Iterator[str]:
    settings = services().settings
    if warn_of_languages([site], settings.MODEL, settings.MODEL_CACHE):
        language = policy_of(site).language
        yield (
            f"The model does not know the language of this site ({language}), so every comment "
            "waits for a person. Choose a model that does (docs/operating.md, “Another model”)."
        )


def _of_proxies() -> Iterator[str]:
    if warn_of_proxies():
        yield (
            "Readers come through a proxy that the server was not told of, so all of them share "
            "one limit. The page Privacy tells the remedy."
        )


def _of_addresses(site: Site) -> Iterator[str]:
    origins = [urlsplit(origin) for origin in site.origins]
    plain = [
        each.geturl() for each in origins if each.scheme == "http" and each.hostname not in HERE
    ]
    if plain:
        verb = "is" if len(plain) == 1 else "are"
        yield (
            f"{join_words(plain)} {verb} not encrypted: whoever is on the way reads and changes "
            "what your pages show, comments with them. Use https."
        )
    if not services().settings.secure and any(each.scheme == "https" for each in origins):
        yield (
            "Your pages are https, but this server is reached over http: browsers refuse such a "
            "frame. Whoever runs it sets PUBLIC_URL to an https address."
        )


def _of_mail(site: Site) -> Iterator[str]:
    policy = policy_of(site)
    needs_mail = policy.confirm_addresses or policy.publishing is Publishing.FIRST
    if needs_mail and services().mailer is None:
        yield (
            "No mail is set up on this server, so nobody can prove an address: comments go on "
            "waiting as first ones. docs/operating.md, “Mail”, says how to set it up."
        )


def _of_nudge(site: Site) -> Iterator[str]:
    if warn_of_nudges([site], services().settings.SCORER):
        yield (
            "Nobody is asked before posting, though you want it: the process that answers the form "
            "has no model here (SCORER=worker)."
        )
