"""A worker whose writer is set up wrongly says so at its start, and never with the key."""

import pytest
from pydantic import ValidationError

from services.render.settings import WorkerSettings
from services.render.worker.app import online

KEY = "sk-never-to-be-seen"
GOOD = {"PLAYHEAD_WRITER_URL": "https://127.0.0.1/v1", "PLAYHEAD_WRITER_MODELS": "a, b", "PLAYHEAD_WRITER_KEY": KEY}


def test_an_endpoint_and_its_models_are_read() -> None:
    settings = WorkerSettings.model_validate(GOOD)
    assert settings.models == ("a", "b")
    made = online(settings)
    assert made is not None
    assert made.writer("b").identity == "online/1/b"
    assert KEY not in f"{settings!r} {made.writer('b')!r}"


def test_without_an_endpoint_there_is_no_online_writer() -> None:
    assert online(WorkerSettings()) is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"PLAYHEAD_WRITER_URL": "ftp://127.0.0.1/v1"}, "http"),
        ({"PLAYHEAD_WRITER_URL": f"https://user:{KEY}@127.0.0.1/v1"}, "without a user"),
        ({"PLAYHEAD_WRITER_URL": "https://127.0.0.1/v1?key=1"}, "without a user, a query"),
        ({"PLAYHEAD_WRITER_URL": "https:///v1"}, "host"),
        ({"PLAYHEAD_WRITER_URL": "https://[::1/v1"}, "is no URL"),
        ({"PLAYHEAD_WRITER_MODELS": " , "}, "PLAYHEAD_WRITER_MODELS is needed"),
        ({"PLAYHEAD_WRITER_KEY": f"{KEY}\n"}, "copy it again"),
        ({"PLAYHEAD_WRITER_SECONDS": "0"}, "greater than 0"),
    ],
)
def test_what_cannot_work_is_refused_without_telling_the_key(wrong: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said) as failure:
        WorkerSettings.model_validate({**GOOD, **wrong})
    assert KEY not in str(failure.value)
