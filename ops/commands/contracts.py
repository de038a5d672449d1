"""`playhead contracts`: does what was published still hold? Every message version, every call, every topic."""

from cyclopts import App

from contracts.check import FOLDER, Incompatible
from contracts.check import check as findings
from contracts.check import write as bring_up_to_date
from ops import published

app = App(name="contracts", help="Guard the messages and calls that were published.", result_action="return_value")

FINE, WRONG = 0, 1


@app.command
def check() -> int:
    """Compare the code with what was published. Exit 1 names what is wrong, and what to do."""
    found = [*findings(), *published.check()]
    for finding in found:
        print(finding)
    if found:
        return WRONG
    print("contracts: every schema, golden sample and document of the API fits the code")
    return FINE


@app.command
def write() -> int:
    """Write new and compatibly changed schemas and documents, and samples of new events. Exit 1 refuses what breaks."""
    if breaks := [finding for finding in published.check() if not finding.startswith("docs/")]:
        print(*breaks, sep="\n")
        return WRONG
    try:
        written = [*bring_up_to_date(), *published.write()]
    except Incompatible as refused:
        for finding in refused.findings:
            print(finding)
        return WRONG
    for file in written:
        print(file.relative_to(FOLDER.parent))
    print(f"contracts: {len(written)} file(s) written")
    return FINE
