"""Ada's comment and her page, and an owner who may read her email."""

import pytest
from flask.testing import FlaskClient

from moderation.models import Comment, Moderator, Site
from moderation.services import Services
from moderation.statuses import Role
from tests.factories import make_comment, make_moderator
from tests.web.commenters.asking import ADA, SignInAs


@pytest.fixture
def comment(services: Services, site: Site) -> Comment:
    """A held comment by Ada."""
    with services.database.transaction() as session:
        comment = make_comment(session, site, email=ADA, vault=services.vault)
        assert comment.commenter  # loaded, for the tests to read
        return comment


@pytest.fixture
def path(comment: Comment) -> str:
    """Where Ada's page is."""
    assert comment.commenter
    return f"/commenters/{comment.commenter.public_id}"


@pytest.fixture
def owner(services: Services) -> Moderator:
    with services.database.transaction() as session:
        return make_moderator(session, services.vault, email="o@example.com", role=Role.OWNER)


@pytest.fixture
def owner_desk(owner: Moderator, sign_in_as: SignInAs) -> FlaskClient:
    """An owner's browser."""
    return sign_in_as(owner)
