"""Each service is handed its own login and nobody else's; passwords are files that one person reads."""

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from ops.logins import LOGINS, OF_SERVICE, address, checked, passwords, verifier
from ops.processes import SERVICES, environment_of
from ops.settings import OpsSettings
from ops.stack.endpoints import Endpoints
from ops.stack.part import StackError

OWNER = "postgresql://playhead:the-owner-s-password@127.0.0.1:5432/playhead"
PARTS = Endpoints("127.0.0.1:9092", "mongodb://127.0.0.1:27017/", OWNER, "")


def settings(folder: Path, **given: str) -> OpsSettings:
    return OpsSettings.model_validate({"PLAYHEAD_DATA": folder, **given})


@pytest.mark.req(33)
@pytest.mark.req(78)
@pytest.mark.req(82)
@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_told_its_own_login_and_no_other_s_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("PLAYHEAD_ROLE_PASSWORDS", json.dumps({"playhead_app": "a password for all"}))
    monkeypatch.setenv("DIRECT_URL", OWNER)
    told = environment_of(name, settings(tmp_path), PARTS)
    mine = passwords(tmp_path)
    held = {login for login in LOGINS if mine[login].get_secret_value() in " ".join(told.values())}
    assert held == ({OF_SERVICE[name]} if name in OF_SERVICE else set())
    assert {"DIRECT_URL", "PLAYHEAD_ROLE_PASSWORDS"} & set(told) == set()
    assert not any("the-owner-s-password" in value for value in told.values())


@pytest.mark.req(78)
def test_an_address_that_was_given_is_every_service_s(tmp_path: Path) -> None:
    given = settings(tmp_path, DATABASE_URL="postgresql://one:password-of-all@db/playhead")
    assert environment_of("gateway", given, PARTS)["DATABASE_URL"] == given.postgres
    assert "DATABASE_URL" not in environment_of("session", given, PARTS)


def test_passwords_are_kept_for_their_owner_alone_and_stay(tmp_path: Path) -> None:
    first = passwords(tmp_path)
    assert passwords(tmp_path) == first
    assert len({one.get_secret_value() for one in first.values()}) == len(LOGINS)
    for file in (tmp_path / "logins").iterdir():
        assert file.stat().st_mode & 0o777 == 0o600, file
    assert (tmp_path / "logins").stat().st_mode & 0o777 == 0o700


def test_an_address_keeps_what_it_asks_for_and_spells_the_password() -> None:
    url = "postgresql://owner:x@one:1,two:2/playhead?sslmode=verify-full&sslrootcert=/ca.pem"
    assert address(url, "playhead_app", SecretStr("a/b@c")) == (
        "postgresql://playhead_app:a%2Fb%40c@one:1,two:2/playhead?sslmode=verify-full&sslrootcert=/ca.pem"
    )


def test_what_the_server_keeps_is_as_the_standard_has_it() -> None:
    """The example of RFC 7677, section 3."""
    salt = b"[m\x99h\x9d\x125\x8e\xec\xa0K\x14\x126\xfa\x81"
    kept = verifier("pencil", salt)
    assert kept == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [({"postgres": "long enough a password"}, "names postgres"), ({"playhead_app": "short"}, "at least 12")],
)
def test_a_login_or_password_that_is_none_is_refused_without_showing_it(given: dict[str, str], words: str) -> None:
    with pytest.raises(StackError, match=words) as told:
        checked({login: SecretStr(password) for login, password in given.items()})
    assert not any(password in str(told.value) for password in given.values())
