"""What a session keeps of files that its jobs have lost."""

from collections.abc import Sequence

from contracts.messages.session_assets import AssetsForgotten, ForgetAssets
from services.session.deciders.session_state import Open


def forget(session: Open, command: ForgetAssets) -> Sequence[AssetsForgotten]:
    """The files that the session has of those that went; another job may have made the same ones again since."""
    wanted = frozenset(command.asset_ids)
    gone = tuple(
        artifact.asset_id
        for stage, output in session.outputs.items()
        if session.makers.get(stage) == command.job_id
        for artifact in output.artifacts
        if artifact.asset_id in wanted
    )
    return [AssetsForgotten(session_id=session.session_id, job_id=command.job_id, asset_ids=gone)] if gone else []
