"""A comment that is kept is read anew, however it was read before."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.interfaces import ORMOption

from moderation.db import Database
from moderation.flow.locks import keep, lock_comment
from moderation.models import Comment, Site
from tests.factories import make_comment

OUTER_JOINS = [joinedload(Comment.score), joinedload(Comment.commenter)]


@pytest.mark.parametrize("options", [[], OUTER_JOINS])
@pytest.mark.parametrize("is_by_id", [True, False])
def test_it_stands_as_it_does_now(
    database: Database, site: Site, options: list[ORMOption], is_by_id: bool
) -> None:
    with database.transaction() as session:
        make_comment(session, site)
    with database.transaction() as session:
        comment = session.scalars(select(Comment).options(*options)).one()
        moved = update(Comment).values(version=77).execution_options(synchronize_session=False)
        session.execute(moved)
        assert comment.version != 77
        if is_by_id:
            assert lock_comment(session, comment.id) is comment
        else:
            keep(session, comment)
        assert comment.version == 77
