"""What caches, of browsers and in between, may do with answers that are the same for everybody."""

from flask import Response, request

# They may keep an answer but must ask each time: a removed comment is gone at once.
ASK_EACH_TIME = "public, no-cache"


def cacheable(response: Response, control: str = ASK_EACH_TIME) -> Response:
    """The answer with an ETag; 304 where the caller has that one."""
    response.headers["Cache-Control"] = control
    response.add_etag()
    response.make_conditional(request)
    return response
