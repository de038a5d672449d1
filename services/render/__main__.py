"""`python -m services.render`: one control process of the render service; `… worker`: one worker."""

import argparse

from eventlog.service import run_service
from services.render.settings import RenderSettings, WorkerSettings


def main() -> None:
    """What a worker needs (fonts, drawing, encoding) is loaded by a worker alone."""
    parser = argparse.ArgumentParser(prog="python -m services.render", description=__doc__)
    parser.add_argument("part", nargs="?", choices=("control", "worker"), default="control")
    if parser.parse_args().part == "worker":
        from services.render.worker.app import wire  # noqa: PLC0415 - keeps the control process small

        run_service("worker", WorkerSettings(), wire)
    else:
        from services.render.app import wire as wire_control  # noqa: PLC0415 - as above

        run_service("render", RenderSettings(), wire_control)


if __name__ == "__main__":
    main()
