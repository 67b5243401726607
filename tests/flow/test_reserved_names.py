"""Who signs with the name of somebody who moderates the site is held."""

import pytest
from sqlalchemy.orm import Session

from moderation.db import Database
from moderation.flow.team.reach import names_on
from moderation.models import Comment, Moderator, Site
from moderation.privacy.vault import Vault
from moderation.statuses import Code, Role
from tests.factories import make_moderator, make_site
from tests.flow.bench import Bench


@pytest.fixture
def bench(database: Database, site: Site, vault: Vault) -> Bench:
    return Bench(database, site, vault)


@pytest.fixture
def team(database: Database, site: Site, vault: Vault) -> dict[str, int]:
    """One of all sites, one of this site, one of another, one who is off; by their names."""

    def add(session: Session, name: str, where: Site | None, *, is_active: bool = True) -> int:
        email = f"{name.partition(' ')[0].lower()}@example.com"
        made = make_moderator(session, vault, email=email, role=Role.VIEWER, site=where)
        made.name, made.is_active = name, is_active
        session.flush()
        return made.id

    with database.transaction() as session:
        here, other = session.get_one(Site, site.id), make_site(session, "other")
        return {
            "Grace Hopper": add(session, "Grace Hopper", None),
            "Olga": add(session, "Olga", here),
            "Linus": add(session, "Linus", other),
            "Former": add(session, "Former", here, is_active=False),
        }


def test_those_who_see_a_site_now_are_on_it(
    database: Database, site: Site, team: dict[str, int]
) -> None:
    with database.reading() as session:
        assert set(names_on(session, site.id)) == {"Grace Hopper", "Olga"}


@pytest.mark.parametrize("name", ["Grace Hopper", "grace-hopper", "OLGA"])
def test_a_name_of_the_team_is_held(bench: Bench, team: dict[str, int], name: str) -> None:
    assert bench.decide(name=name) == [Code.RESERVED_NAME]


@pytest.mark.parametrize("name", ["Linus", "Former", "Ada", "Grace"])
def test_a_name_of_nobody_here_is_free(bench: Bench, team: dict[str, int], name: str) -> None:
    assert bench.decide(name=name) == []


def test_a_disguise_is_held_too(bench: Bench, team: dict[str, int]) -> None:
    assert bench.decide(name="Оlgа", readings=("Olga",)) == [Code.RESERVED_NAME]


def test_a_name_that_the_site_keeps_is_held(bench: Bench) -> None:
    bench.set_policy(reserved_names=["The Daily"])

    assert bench.decide(name="The  Daily") == [Code.RESERVED_NAME]
    assert bench.findings(bench.newest()[0].id)[0].detail is None, "the log of it holds no name"


def test_whoever_wrote_as_staff_bears_their_own_name(
    bench: Bench, database: Database, team: dict[str, int]
) -> None:
    comment_id = bench.store(name="Olga")
    with database.transaction() as session:
        session.get_one(Comment, comment_id).staff_id = team["Olga"]

    assert bench.decide(comment_id) == []


def test_a_name_is_free_again_when_its_bearer_is_gone(
    bench: Bench, database: Database, team: dict[str, int]
) -> None:
    with database.transaction() as session:
        session.get_one(Moderator, team["Olga"]).is_active = False

    assert bench.decide(name="Olga") == []
