"""Fixtures of what commenters do with what is theirs."""

import pytest

from moderation.privacy.vault import Vault
from moderation.statuses import MailKind
from tests.doubles import Clock
from tests.flow.desk import Desk
from tests.flow.own.ada import Ada, kinds


@pytest.fixture
def ada(desk: Desk, vault: Vault, clock: Clock) -> Ada:
    return Ada(desk, vault, clock)


@pytest.fixture
def proven(ada: Ada) -> int:
    """A held comment of hers about which she wants every mail; her address is proven."""
    comment_id = ada.comments()
    ada.proves()
    ada.wishes(comment_id)
    assert kinds(ada.gets()) == [MailKind.PRIVATE_LINK]
    return comment_id
