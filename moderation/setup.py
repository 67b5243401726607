"""`python -m moderation.setup`: write a first instance/settings.env with fresh secrets (mode 0600).

Standard library only: it runs before settings exist. Never changes a file that is there.
"""

import base64
import os
import secrets
import sys
from pathlib import Path

INSTANCE = Path(__file__).resolve().parent.parent / "instance"


def write_settings(folder: Path = INSTANCE, *, demo: bool = False) -> bool:
    """Write `settings.env` into `folder` if there is none; answers whether it did."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o700)
    lines = [
        "# Secrets of this installation. Back this file up apart from the database: without",
        "# VAULT_KEY no stored email can be read, without INDEX_KEY none can be found.",
        f"SECRET_KEY={new_key()}",
        f"VAULT_KEY={new_key()}",
        f"INDEX_KEY={new_key()}",
        *(["DEMO=true"] if demo else []),
    ]
    try:
        descriptor = os.open(folder / "settings.env", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return True


def new_key() -> str:
    """32 random bytes in base64url."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


if __name__ == "__main__" and write_settings(demo="--demo" in sys.argv):
    print("Wrote instance/settings.env with fresh secrets.")
