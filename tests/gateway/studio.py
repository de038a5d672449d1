"""A user with files and a project: what is uploaded is announced, sent and looked into as for real."""

from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from tests.gateway import samples
from tests.gateway.company import Company
from tests.gateway.world import OURS, US
from tests.render.stages import reels

WAIT = {"Prefer": "wait=5"}


async def announced(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    """A file to come."""
    answer = await client.post("/v1/uploads", json={"fileName": "my file.mp4", **fields}, headers=WAIT)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def uploaded(client: httpx.AsyncClient, content: bytes, **fields: Any) -> dict[str, Any]:
    """The asset that a file has become, sent with nothing but the address that was answered."""
    upload = await announced(client, **fields)
    answer = await client.put(upload["uploadUrl"], content=content)
    assert answer.status_code == 200, answer.text
    return answer.json()


def crowd(company: Company, files: int, size: int, **fields: Any) -> None:
    """Files that the account has already."""
    came = {"status": "ready", "fileName": "upload.png", "mediaType": "image/png", "sha256": "a" * 64}
    for n in range(files):
        row = samples.upload(OURS, "a.png", UUID(int=1000 + n)) | came
        company.gateway.documents.put("uploads", row | {"sizeBytes": size, "accountId": str(US.account), **fields})


async def projected(client: httpx.AsyncClient, *layers: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A project with that timeline."""
    body = {"name": "My film", "timelineState": {"layers": list(layers), **fields}}
    answer = await client.post("/v1/projects", json=body, headers=WAIT)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def saved(client: httpx.AsyncClient, project: dict[str, Any], *layers: dict[str, Any]) -> dict[str, Any]:
    """The timeline after it was saved upon that version."""
    answer = await client.put(
        f"/v1/projects/{project['projectId']}/timeline",
        json={"layers": list(layers)},
        headers=WAIT | {"If-Match": f'"v{project["version"]}"'},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def text(words: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, "start": 0, "duration": 2, **more}


def film(folder: Path, seconds: float = 1) -> bytes:
    return reels.clip(folder / "clip.mp4", "red", seconds)


def asked(company: Company) -> list[Any]:
    """What the commands that start sessions asked for, oldest first."""
    return [command for _topic, command in company.gateway.sender.sent if command.type == "StartSession"]
