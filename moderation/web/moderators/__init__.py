"""What moderators call: sign-in, the queue, decisions, the log."""

from flask import Blueprint

moderators = Blueprint("moderators", __name__)
