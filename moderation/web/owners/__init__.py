"""What owners call: what becomes of personal data on their sites."""

from flask import Blueprint

from moderation.statuses import Role
from moderation.web.gate import require_role

owners = Blueprint("owners", __name__)


@owners.before_request
def owners_only() -> None:
    """Closed to all other roles, whatever view is added."""
    require_role(Role.OWNER)
