"""Settings: wrong ones stop the start by name, and no value is ever shown."""

from pathlib import Path

import pytest

from config import Settings, SettingsError, load_settings
from moderation.setup import write_settings
from tests.conftest import SECRETS

NAMES = sorted(Settings.model_fields)


def test_with_the_secrets_everything_else_has_a_default(nowhere: Path) -> None:
    settings = load_settings(nowhere, **SECRETS)
    assert settings.DATABASE_URL.startswith("sqlite:///")
    assert (settings.HOST, settings.PORT) == ("127.0.0.1", 8000)
    assert settings.TRUSTED_PROXIES == 0
    assert not settings.DEMO


@pytest.mark.parametrize("name", SECRETS)
def test_a_missing_secret_is_named(nowhere: Path, name: str) -> None:
    others = {key: value for key, value in SECRETS.items() if key != name}
    with pytest.raises(SettingsError, match=f"{name}: ") as error:
        load_settings(nowhere, **others)
    assert not any(f"{other}:" in str(error.value) for other in others)


def test_all_that_is_wrong_is_named_at_once_and_no_value_is_shown(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {
        "SECRET_KEY": "canary",
        "PORT": "canary",
        "SCORE_DEADLINE": "-77777",
        "PUBLIC_URL": "canary.example",
        "LOG_LEVEL": "canary",
        "SCORER": "canary",
        "THREADS": "77777",
        "DEMO": "canary",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as error:
        load_settings(nowhere)
    for name in (*wrong, "VAULT_KEY", "INDEX_KEY"):
        assert f"{name}: " in str(error.value)
    assert "canary" not in str(error.value)
    assert "77777" not in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__  # a traceback would show the values


def test_an_unknown_name_in_the_file_is_named(file: Path) -> None:
    file.write_text(file.read_text() + "PROT=8000\n")
    with pytest.raises(SettingsError, match="PROT: "):
        load_settings(file)


def test_unknown_names_in_the_environment_are_somebody_elses(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROT", "8000")
    assert load_settings(file).PORT == 8000


def test_the_environment_wins_over_the_file_and_a_file_of_its_own_over_both(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(file.read_text() + "PORT=8001\n")
    assert load_settings(file).PORT == 8001
    monkeypatch.setenv("PORT", "8002")
    assert load_settings(file).PORT == 8002
    (tmp_path / "port").write_text(" 8003\n")
    monkeypatch.setenv("PORT_FILE", str(tmp_path / "port"))
    assert load_settings(file).PORT == 8003


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_can_come_from_a_file_of_its_own(
    nowhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "secret").write_text(SECRETS[name] + "\n")
    monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "secret"))
    others = {key: value for key, value in SECRETS.items() if key != name}
    assert getattr(load_settings(nowhere, **others), name).get_secret_value() == SECRETS[name]


def test_a_file_of_its_own_that_cannot_be_read_is_named(
    nowhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "missing"))
    with pytest.raises(SettingsError, match="SECRET_KEY_FILE"):
        load_settings(nowhere, **SECRETS)
    (tmp_path / "missing").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="SECRET_KEY_FILE"):
        load_settings(nowhere, **SECRETS)


def test_a_settings_file_that_is_no_text_is_named(file: Path) -> None:
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=r"settings\.env"):
        load_settings(file)


@pytest.mark.parametrize(
    ("given", "url", "secure"),
    [
        ({}, "http://127.0.0.1:8000", False),
        ({"PORT": 9000}, "http://127.0.0.1:9000", False),
        ({"PUBLIC_URL": "https://talk.example.com"}, "https://talk.example.com", True),
        ({"PUBLIC_URL": "https://talk.example.com/"}, "https://talk.example.com", True),
        ({"PUBLIC_URL": "http://localhost:80", "PORT": 9}, "http://localhost:80", False),
        ({"PUBLIC_URL": "http://[::1]:80"}, "http://[::1]:80", False),
        ({"PUBLIC_URL": "http://news.localhost"}, "http://news.localhost", False),
        (
            {"PUBLIC_URL": "http://talk.intranet", "PLAIN_HTTP_HOST": "Talk.Intranet"},
            "http://talk.intranet",
            False,
        ),
    ],
)
def test_links_are_made_from_the_public_address(
    nowhere: Path, given: dict[str, object], url: str, secure: bool
) -> None:
    settings = load_settings(nowhere, **SECRETS, **given)
    assert (settings.public_url, settings.secure) == (url, secure)


def test_settings_never_show_their_secrets(file: Path) -> None:
    settings = load_settings(file)
    for name in SECRETS:
        value = getattr(settings, name).get_secret_value()
        assert value not in repr(settings)
        assert value not in str(settings)


def test_settings_do_not_change_once_read(nowhere: Path) -> None:
    settings = load_settings(nowhere, **SECRETS)
    with pytest.raises(Exception, match="frozen"):
        settings.PORT = 1


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the environment the tests run in."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)


@pytest.fixture
def nowhere(tmp_path: Path) -> Path:
    return tmp_path / "no-such-file"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A settings file as `make run` writes it."""
    write_settings(tmp_path)
    return tmp_path / "settings.env"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RATE_SUBMIT", "nonsense"),
        ("RATE_COMMENTER", "many"),
        ("RATE_REPORT", "few"),
        ("RATE_SIGN_IN", ""),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "oracle9000://x"),
        ("WEBHOOK_ALLOW", "10.0.0.0/99"),
        ("WEBHOOK_ALLOW", "https://hooks.internal"),
        ("WEBHOOK_PORTS", "https"),
        ("WEBHOOK_PORTS", ""),
    ],
)
def test_limits_and_addresses_that_mean_nothing_stop_the_start(
    tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(SettingsError, match=name):
        load_settings(tmp_path / "none", **{**SECRETS, name: value})


@pytest.mark.parametrize("host", ["talk.example.com", "192.0.2.1", "localhost.example.com"])
@pytest.mark.parametrize("plain", ["", "other.example.com"])
def test_readers_come_over_https_unless_the_host_is_named(
    file: Path, host: str, plain: str
) -> None:
    with pytest.raises(SettingsError, match="PUBLIC_URL: .*PLAIN_HTTP_HOST") as error:
        load_settings(file, PUBLIC_URL=f"http://{host}", PLAIN_HTTP_HOST=plain)
    assert "must be https" in str(error.value)
    assert host not in str(error.value)
