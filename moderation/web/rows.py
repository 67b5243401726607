"""Numbers of rows in addresses: `<row:session_id>`."""

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

from moderation.web.moderators import ROW_MAX


class RowConverter(IntegerConverter):
    """A number that a row can have in both databases; any other is no such page."""

    regex = r"\d{1,19}"  # Python refuses to read thousands of digits

    def __init__(self, url_map: Map) -> None:
        """Bounded by what the databases take."""
        super().__init__(url_map, max=ROW_MAX)


def register_rows(app: Flask) -> None:
    """Let addresses say `<row:…>`."""
    app.url_map.converters["row"] = RowConverter
