"""What moderators call: sign-in, the queue, decisions, the log."""

from flask import Blueprint

moderators = Blueprint("moderators", __name__)
ROW_MAX = 2**63 - 1  # what a row's number can be in both databases


def row_number(text: str) -> int:
    """A row's number from a query string. Raises ValueError, which `args.get` takes for none."""
    number = int(text)
    if not 0 <= number <= ROW_MAX:
        raise ValueError("no row has this number")
    return number
