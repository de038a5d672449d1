"""The start tells of the document store, and the environment says which it is."""

from collections.abc import Mapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from eventlog.errors import Unavailable
from eventlog.settings import ServiceSettings
from services.gateway.reading import mongo


class ComesLate:
    """A database that is away at first."""

    name = "manim_video_maker"

    def __init__(self) -> None:
        self.made: list[str] = []
        self._away = 1

    async def install(self, schemas: Mapping[str, Mapping[str, Any] | None], indexes: object = ()) -> None:
        if self._away:
            self._away -= 1
            raise Unavailable("MongoDB", "nobody answers")
        self.made += schemas


@pytest.mark.req(10)
async def test_the_start_tells_that_mongodb_is_there_once_it_is() -> None:
    database = ComesLate()
    with capture_logs() as told:
        await mongo.install(database)
    assert [one["event"] for one in told] == ["MongoDB is away; trying again", "MongoDB connected successfully"]
    assert (told[-1]["database"], told[-1]["sessions"]) == ("manim_video_maker", "sessions")
    assert database.made == ["idempotency"]


@pytest.mark.req(10)
@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"MONGODB_URI": "mongodb://localhost:27017/manim_video_maker"}, "manim_video_maker"),
        ({"MONGODB_URI": "mongodb://a:1,b:2/films?replicaSet=rs0"}, "films"),
        ({"MONGODB_URI": "mongodb://localhost:27017/films", "MONGODB_DATABASE": "other"}, "other"),
        ({"MONGODB_URI": "mongodb://localhost:27017/?replicaSet=rs0"}, "playhead"),
        ({}, "playhead"),
    ],
)
def test_the_address_names_the_database(
    environment: dict[str, str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("MONGODB_URI", "MONGODB_DATABASE"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    assert ServiceSettings().documents == name


@pytest.mark.req(13)
def test_a_managed_and_authenticated_mongodb_is_an_address_whose_password_never_shows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(
        "MONGODB_URI", "mongodb+srv://maker:hunter2@cluster.example.org/manim_video_maker?authSource=admin"
    )
    settings = ServiceSettings()
    assert settings.documents == "manim_video_maker"
    assert settings.mongodb_uri.get_secret_value().startswith("mongodb+srv://maker:hunter2@")
    assert "hunter2" not in f"{settings!r} {settings} {settings.model_dump()}"
