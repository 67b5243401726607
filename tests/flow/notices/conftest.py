"""A team that is told of things."""

import pytest

from moderation.db import Database
from moderation.models import Site
from moderation.privacy.vault import Vault
from tests.doubles import Clock
from tests.flow.told import Team


@pytest.fixture
def team(database: Database, vault: Vault, site: Site, clock: Clock) -> Team:
    return Team(database, vault, site, clock)
