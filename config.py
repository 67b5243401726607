"""Settings: one typed object, parsed once from `instance/settings.env` and the environment.

The environment wins over the file, and `NAME_FILE` (a path) stands for `NAME` so that secrets
can be mounted. A wrong or missing value, or an unknown name in the file, stops the start by name.
"""

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from limits import parse_many
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from moderation.outgoing.guard import read_exceptions, read_ports
from moderation.policy.limits import NUMBERS
from moderation.statuses import MailSecurity, ScorerMode, SecondFactor

ROOT = Path(__file__).resolve().parent
INSTANCE = ROOT / "instance"

Seconds = Annotated[float, Field(ge=0)]


class SettingsError(Exception):
    """A setting is missing or wrong; the message names it and never shows its value."""


class Settings(BaseSettings):
    """Everything an operator can set. docs/operating.md explains each name."""

    model_config = SettingsConfigDict(
        case_sensitive=True, extra="forbid", hide_input_in_errors=True, frozen=True
    )

    # Secrets have no default: `make run` writes fresh ones into instance/settings.env.
    SECRET_KEY: SecretStr = Field(min_length=32)  # signs form tokens, private links, cookies
    VAULT_KEY: SecretStr = Field(min_length=43)  # 32 bytes, base64url: encrypts emails
    INDEX_KEY: SecretStr = Field(min_length=43)  # 32 bytes, base64url: keyed hash of emails
    # Keys that were in force before, a space between, until `flask keys rotate` is through.
    VAULT_KEYS_OLD: SecretStr = SecretStr("")
    INDEX_KEYS_OLD: SecretStr = SecretStr("")

    # Addresses may hold passwords, so these three never show in a repr.
    DATABASE_URL: str = Field(default=f"sqlite:///{INSTANCE / 'comments.db'}", repr=False)
    ERASED_LIST: Path = INSTANCE / "erased.list"  # outside of the database and its backups
    PLAIN_HTTP_HOST: str = ""  # the one host besides this machine that may be reached without TLS
    PUBLIC_URL: str | None = None  # http://127.0.0.1:PORT where it is not set
    HOST: str = "127.0.0.1"
    PORT: int = Field(default=8000, ge=1, le=65535)
    THREADS: int = Field(default=8, ge=2, le=256)
    TRUSTED_PROXIES: int = Field(default=0, ge=0, le=10)
    LOG_LEVEL: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    METRICS_TOKEN: SecretStr | None = None
    DEMO: bool = False

    MODEL: str = "home"
    MODEL_CACHE: Path = INSTANCE / "cache" / "models"
    SCORER: ScorerMode = ScorerMode.EMBEDDED
    SCORER_THREADS: int = Field(default=0, ge=0, le=64)  # 0: as ONNX Runtime chooses
    SCORE_WAIT: Seconds = 1.0
    SCORE_WAITERS: int = Field(default=4, ge=0, le=256)
    SCORE_DEADLINE: Seconds = 60.0
    SCORE_LEASE: Seconds = 30.0
    SCORE_BATCH: int = Field(default=32, ge=1, le=1024)
    BROKER_URL: str | None = Field(default=None, repr=False)

    SMTP_HOST: str = ""  # empty: no mail is sent
    SMTP_PORT: int = Field(default=587, ge=1, le=65535)
    SMTP_SECURITY: MailSecurity = MailSecurity.STARTTLS
    SMTP_USER: str = Field(default="", repr=False)
    SMTP_PASSWORD: SecretStr = SecretStr("")
    MAIL_FROM: str = Field(default="", validate_default=True)
    UNDO_TIME: Seconds = 300.0  # mails to commenters about a decision leave so long after it

    # Where webhooks of owners may lead besides public addresses on port 443.
    WEBHOOK_ALLOW: str = ""
    WEBHOOK_PORTS: str = "443"

    # In UTF-8 four bytes a character at most, and a whole request is 64 KB.
    BODY_MAX: int = Field(default=10_000, ge=1, le=NUMBERS["body_max"].most)
    FORM_MIN_AGE: Seconds = 2.0
    FORM_MAX_AGE: Seconds = 86_400.0
    REPEAT_WINDOW: Seconds = 86_400.0
    RATE_STORAGE: str = Field(default="memory://", repr=False)
    RATE_SUBMIT: str = "12 per minute; 120 per hour"
    RATE_COMMENTER: str = "20 per hour"
    RATE_REPORT: str = "5 per minute; 20 per day"
    RATE_SIGN_IN: str = "10 per 15 minutes"
    SESSION_HOURS: float = Field(default=12.0, gt=0, le=720)
    SESSION_IDLE_HOURS: float = Field(default=4.0, ge=0.25, le=720)
    SECOND_FACTOR: SecondFactor = SecondFactor.OPTIONAL

    @field_validator("PUBLIC_URL")
    @classmethod
    def _absolute_without_slash(cls, value: str | None, info: ValidationInfo) -> str | None:
        if not value:
            return None
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        host = urlsplit(value).hostname or ""
        allowed = _is_this_machine(host) or host == info.data.get("PLAIN_HTTP_HOST", "").lower()
        if value.startswith("http://") and not allowed:
            raise ValueError(
                "must be https: over http everybody on the way reads passwords and emails. For a "
                "closed network name the host in PLAIN_HTTP_HOST"
            )
        return value.rstrip("/")

    @field_validator("RATE_SUBMIT", "RATE_COMMENTER", "RATE_REPORT", "RATE_SIGN_IN")
    @classmethod
    def _limits(cls, value: str) -> str:
        parse_many(value)  # raises ValueError
        return value

    @field_validator("SMTP_SECURITY")
    @classmethod
    def _encrypted(cls, value: MailSecurity, info: ValidationInfo) -> MailSecurity:
        host = info.data.get("SMTP_HOST", "")
        if value is MailSecurity.NONE and host and not _is_this_machine(host):
            raise ValueError(
                "must be starttls or tls where SMTP_HOST is another machine: without, everybody on "
                "the way reads addresses and the password"
            )
        return value

    @field_validator("WEBHOOK_ALLOW")
    @classmethod
    def _hosts_and_networks(cls, value: str) -> str:
        read_exceptions(value)  # raises ValueError
        return value

    @field_validator("WEBHOOK_PORTS")
    @classmethod
    def _ports(cls, value: str) -> str:
        read_ports(value)  # raises ValueError
        return value

    @field_validator("MAIL_FROM")
    @classmethod
    def _sender(cls, value: str, info: ValidationInfo) -> str:
        if not value:
            if info.data.get("SMTP_HOST"):
                raise ValueError(
                    "is needed where SMTP_HOST is set: the address that mails are from"
                )
            return value
        try:
            address = validate_email(value, check_deliverability=False, globally_deliverable=False)
        except EmailNotValidError:
            raise ValueError("must be an address such as comments@example.com, alone") from None
        if address.ascii_email is None:
            raise ValueError("must have only ASCII letters before the @")
        return address.ascii_email

    @field_validator("DATABASE_URL")
    @classmethod
    def _database(cls, value: str) -> str:
        try:
            make_url(value).get_dialect()
        except SQLAlchemyError:
            raise ValueError(
                "must be a database address such as sqlite:///… or postgresql+psycopg://…"
            ) from None
        return value

    @property
    def public_url(self) -> str:
        """How readers reach us, without a slash at the end."""
        return self.PUBLIC_URL or f"http://127.0.0.1:{self.PORT}"

    @property
    def secure(self) -> bool:
        """Whether readers and moderators reach us over https."""
        return self.public_url.startswith("https://")


def _is_this_machine(host: str) -> bool:
    """Whether a URL's host is loopback (RFC 6761, section 6.3 for names)."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def load_settings(env_file: Path | None = None, **overrides: Any) -> Settings:
    """Read the settings file and the environment once.

    `env_file` defaults to `instance/settings.env`; `overrides` win over everything (tests).
    Raises SettingsError naming every setting that is missing, unknown or wrong.
    """
    try:
        values: dict[str, Any] = {**_from_files(), **overrides}
        return Settings(_env_file=env_file or INSTANCE / "settings.env", **values)  # type: ignore[call-arg]  # fmt: skip
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise SettingsError(
            "Settings are missing or wrong (docs/operating.md lists them; "
            "`make run` writes a first instance/settings.env):\n  " + "\n  ".join(lines)
        ) from None
    except UnicodeDecodeError:
        raise SettingsError(f"{env_file or INSTANCE / 'settings.env'}: is no UTF-8 text") from None


def _from_files() -> dict[str, str]:
    """Values of every NAME given as NAME_FILE; a file that cannot be read stops the start."""
    values = {}
    for name in Settings.model_fields:
        path = os.environ.get(f"{name}_FILE")
        if path is None:
            continue
        try:
            values[name] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{name}_FILE: cannot read it ({type(error).__name__})") from None
    return values
