"""What site owners put into their pages: the script, and the demo article that uses it."""

from flask import Blueprint, current_app, render_template
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from moderation.flow.sites import DEMO_SITE
from moderation.services import services

embed = Blueprint("embed", __name__)


@embed.get("/embed.js")
def script() -> Response:
    """The embedding script; any page may load it, caches keep it for an hour."""
    response = current_app.send_static_file("embed.js")
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@embed.get("/demo")
def demo() -> str:
    """The demo article, on installations set up with it."""
    if not services().settings.DEMO:
        raise NotFound
    return render_template(
        "readers/demo.html", site=DEMO_SITE, address=f"{services().settings.public_url}/demo"
    )
