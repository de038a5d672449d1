"""What the gateway is measured beside: the same framework and server, with as little behind them as there can be.

`python -m ops.bench.gateway_rival PORT MONGODB_URI DATABASE`: a POST that validates a body and does nothing, and a GET
that reads one document and does nothing with it.
"""

import sys
from typing import Annotated

import uvicorn
import uvloop
from fastapi import FastAPI, Path
from pydantic import BaseModel, Field

from eventlog import collector
from eventlog.read.mongo import MongoDatabase


class Edit(BaseModel):
    """The same body as the gateway's call takes."""

    title: str = Field(min_length=1, max_length=200)
    metadata: dict[str, str]


class Done(BaseModel):
    """An answer."""

    done: bool


def application(database: MongoDatabase) -> FastAPI:
    """The two calls, and one that tells that they are there."""
    app = FastAPI(openapi_url=None)

    async def nothing(session_id: Annotated[str, Path(max_length=36)], body: Edit) -> Done:
        return Done(done=len(body.title) > len(session_id) * 1000)

    async def one(session_id: Annotated[str, Path(max_length=36)]) -> Done:
        found = await database.of_tenant("sessions", "bench").find_one({"sessionId": session_id})
        return Done(done=found is not None)

    async def ready() -> Done:
        return Done(done=True)

    app.add_api_route("/v1/sessions/{session_id}", nothing, methods=["PATCH"], status_code=202)
    app.add_api_route("/v1/sessions/{session_id}", one, methods=["GET"])
    app.add_api_route("/readyz", ready, methods=["GET"])
    return app


async def serve(port: int, mongodb: str, name: str) -> None:
    """Until SIGTERM."""
    app = application(MongoDatabase.connect(mongodb, name, application="playhead-bench"))
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False, lifespan="off")
    collector.settle()
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
