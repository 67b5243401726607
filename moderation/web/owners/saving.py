"""What the forms of rules say once they have saved, or could not."""

import json
from typing import Any

from flask import request

SAVED = "Saved: it counts from now on."
UNCHANGED = "Nothing was changed."
MOVED = "A colleague changed this section meanwhile. What you typed is not saved yet: look again."
UNDO_MAX = 1_500  # characters; the cookie that carries it holds 4 KB with all else


def tell_saved(section: str, is_changed: bool, undo: dict[str, str]) -> dict[str, Any]:
    """What last_act is to tell in this section; this very request with `undo` takes it back."""
    act: dict[str, Any] = {"text": SAVED if is_changed else UNCHANGED, "section": section}
    if is_changed and len(json.dumps(undo)) <= UNDO_MAX:
        act["undo"] = {"url": request.full_path.rstrip("?"), "fields": undo}
    return act
