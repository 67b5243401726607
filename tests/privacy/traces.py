"""Every shape in which an email could leak."""

import base64
import hashlib
import unicodedata

from moderation.privacy.vault import normal_form


def traces(email: str) -> set[bytes]:
    """Every shape in which a careless program would store an email, in lower case."""
    spellings = {email, email.lower(), normal_form(email), email.lower().split("@")[0]}
    raw = {spelling.encode() for spelling in spellings if len(spelling) > 5}
    raw |= {unicodedata.normalize("NFKD", s.decode()).encode("utf-16-le") for s in raw}
    found = set(raw)
    for text in list(raw):
        for name in ("md5", "sha1", "sha256", "sha512", "blake2b"):
            digest = hashlib.new(name, text).digest()
            found |= {digest, digest.hex().encode()}
    found |= {base64.b64encode(text).rstrip(b"=") for text in found}
    found |= {base64.urlsafe_b64encode(text).rstrip(b"=") for text in found}
    found |= {text[::-1] for text in found}
    return {text.lower() for text in found}
