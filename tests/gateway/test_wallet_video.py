"""The one-shot application's film: its bytes, by the job's id, from the file store and from no folder."""

import pytest

from contracts.rendering import Stage
from tests.gateway.company import Company
from tests.gateway.samples import MOVIE
from tests.session.words import SCRIPT, output


@pytest.mark.req(56)
async def test_the_film_of_a_job_is_streamed_as_mp4_whole_or_in_part_and_from_no_folder() -> None:
    company = Company()
    blob = await company.gateway.blobs.put(MOVIE)
    made = output(Stage.VIDEO)
    film, poster = made.artifacts
    film = film.model_copy(update={"media_type": "video/mp4", "sha256": blob.sha256, "size_bytes": blob.size})
    company.outputs[Stage.VIDEO] = made.model_copy(update={"artifacts": (film, poster)})
    async with company.client(None) as anybody:
        job = (await anybody.post("/api/generate", json={"script": SCRIPT, "walletAddress": "0xb0b"})).json()["jobId"]
        whole = await anybody.get(f"/api/videos/{job}")
        part = await anybody.get(f"/api/videos/{job}", headers={"Range": "bytes=2-5"})
        head = await anybody.head(f"/api/videos/{job}")
        folder = await anybody.get(f"/output/{job}.mp4")
    assert (whole.status_code, whole.headers["content-type"], whole.content) == (200, "video/mp4", MOVIE)
    assert (part.status_code, part.content) == (206, MOVIE[2:6])
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(MOVIE)))
    assert folder.status_code == 404
