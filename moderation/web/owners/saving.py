"""What the forms of rules say once they have saved, or could not."""

import json
from typing import Any

SAVED = "Saved: it counts from now on."
UNCHANGED = "Nothing was changed."
MOVED = "A colleague changed this section meanwhile. What you typed is not saved yet: look again."
UNDO_MAX = 1_500  # characters; the cookie that carries it holds 4 KB with all else


def tell_saved(section: str, is_changed: bool, url: str, undo: dict[str, str]) -> dict[str, Any]:
    """What last_act is to tell in this section; the form `undo`, sent to `url`, takes it back."""
    act: dict[str, Any] = {"text": SAVED if is_changed else UNCHANGED, "section": section}
    if is_changed and len(json.dumps(undo)) <= UNDO_MAX:
        act["undo"] = {"url": url, "fields": undo}
    return act
