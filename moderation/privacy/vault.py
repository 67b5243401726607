"""The email vault: encryption at rest and keyed look-up.

Encryption is AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; the associated data names
the row, so that a ciphertext cannot be moved to another one. Look-up is HMAC-SHA-256 (RFC 2104)
over the normal form. Both results begin with four bytes that name the key: new ones are made with
the newest key, and older keys still open and find what was made with them (flow/keys.py rotates).
"""

import base64
import hashlib
import hmac
import os
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from email_validator import EmailNotValidError, validate_email

from moderation.errors import UndecryptableEmail

KEY_BYTES = 32
NAME_BYTES = 4
NONCE_BYTES = 12


class Hashes(NamedTuple):
    """What a commenter's address is found by, each with every live key, the newest first."""

    site: tuple[bytes, ...]
    """On one site: who this is."""
    anywhere: tuple[bytes, ...]
    """On all sites: whether a ban of the installation names this address."""
    domain: tuple[bytes, ...]
    """Its domain, on all sites."""


class Vault:
    """Encrypts and hashes emails with the installation's two keys, and knows their forerunners."""

    def __init__(
        self, *, vault_key: str, index_key: str, old_vault_keys: str = "", old_index_keys: str = ""
    ) -> None:
        """Each key is 32 bytes in base64url; old ones stand one after the other, a space between.

        Raises ValueError, which names the setting, for anything else.
        """
        encryption = _decode_key("VAULT_KEY", vault_key)
        index = _decode_key("INDEX_KEY", index_key)
        older = [_decode_key("VAULT_KEYS_OLD", key) for key in old_vault_keys.split()]
        self._ciphers = {_name_of(key): AESGCM(key) for key in (encryption, *older)}
        older = [_decode_key("INDEX_KEYS_OLD", key) for key in old_index_keys.split()]
        # In order, the newest first; a dict drops a key that is said twice.
        self._indexes = {_name_of(key): key for key in (index, *older)}
        self.cipher_name = _name_of(encryption)
        """What every new ciphertext begins with."""
        self.index_name = _name_of(index)
        """What every new look-up hash begins with."""

    def encrypt(self, email: str, *, row: str) -> bytes:
        """The ciphertext of `email` for the row named `row` ("commenter:17")."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self.cipher_name].encrypt(nonce, email.encode(), row.encode())
        return self.cipher_name + nonce + sealed

    def decrypt(self, ciphertext: bytes, *, row: str) -> str:
        """The email in `ciphertext`. Raises UndecryptableEmail: unknown key, or another row."""
        name, body = ciphertext[:NAME_BYTES], ciphertext[NAME_BYTES:]
        try:
            cipher = self._ciphers[name]
            plain = cipher.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], row.encode())
        except (KeyError, InvalidTag, ValueError):
            raise UndecryptableEmail("an email that no VAULT_KEY here opens") from None
        return plain.decode()

    def lookup_hash(self, email: str, *, scope: str) -> bytes:
        """The keyed hash under which `email` is found within `scope` (a site's key, a table)."""
        return self.lookup_hashes(email, scope=scope)[0]

    def lookup_hashes(self, email: str, *, scope: str) -> tuple[bytes, ...]:
        """The same with each live key, the newest first: older rows are found by the others."""
        return self._hashes(scope, normal_form(email))

    def hashes(self, email: str, *, site: str) -> Hashes:
        """All that a commenter's email on the site with this key is found by."""
        normal = normal_form(email)
        return Hashes(
            site=self._hashes(f"site:{site}", normal),
            anywhere=self._hashes("anywhere", normal),
            domain=self._hashes("domain", normal.rpartition("@")[2]),
        )

    def domain_hashes(self, domain: str) -> tuple[bytes, ...]:
        """What all addresses of a domain have for `hashes(…).domain`."""
        return self.hashes(f"anybody@{domain}", site="").domain

    def address_hashes(self, address_range: str) -> tuple[bytes, ...]:
        """What a range of network addresses is found by, on all sites."""
        return self._hashes("address", address_range)

    def fingerprint(self, text: str) -> bytes:
        """A keyed hash of any text, for comparing without keeping it."""
        return self.fingerprints(text)[0]

    def fingerprints(self, text: str) -> tuple[bytes, ...]:
        """The same with each live key, the newest first."""
        message = b"fingerprint\0" + text.encode()
        return tuple(hmac.digest(key, message, hashlib.sha256) for key in self._indexes.values())

    def _hashes(self, scope: str, text: str) -> tuple[bytes, ...]:
        message = f"{scope}\0{text}".encode()
        return tuple(
            name + hmac.digest(key, message, hashlib.sha256) for name, key in self._indexes.items()
        )


def normal_form(email: str) -> str:
    """The one spelling of an address that look-up uses: NFC, lower case, IDNA, no +tag.

    Text that is no address is folded to lower case as it stands, so that a look-up of it finds
    nothing instead of failing.
    """
    try:
        parts = validate_email(email, check_deliverability=False)
    except EmailNotValidError:
        return email.strip().lower()
    whole = parts.local_part.lower()
    local = whole.split("+", 1)[0] or whole  # "+tag@" alone names somebody, too
    return f"{local}@{(parts.ascii_domain or parts.domain).lower()}"


def is_email(text: str) -> bool:
    """Whether this is an address that somebody may have typed into a form."""
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def mask(email: str) -> str:
    """An address as people who need not know it see it: `a•••@e•••.com`."""
    local, _, domain = email.partition("@")
    host, dot, ending = domain.rpartition(".")
    return f"{local[:1]}•••@{host[:1]}•••{dot}{ending}"


def _decode_key(name: str, key: str) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
    except ValueError:
        raise ValueError(f"{name} is no base64url text") from None
    if len(raw) != KEY_BYTES:
        raise ValueError(f"{name} must hold {KEY_BYTES} bytes, not {len(raw)}")
    return raw


def _name_of(key: bytes) -> bytes:
    return hashlib.sha256(b"name of key" + key).digest()[:NAME_BYTES]
