"""What readers and commenters call: the thread, the form, the JSON, the private page."""

from flask import Blueprint

readers = Blueprint("readers", __name__)
