"""`playhead contracts`: is every published message version still understood, and are its schema and sample there?"""

from cyclopts import App

from contracts.check import FOLDER, Incompatible
from contracts.check import check as findings
from contracts.check import write as bring_up_to_date

app = App(name="contracts", help="Guard the messages that were published.", result_action="return_value")

FINE, WRONG = 0, 1


@app.command
def check() -> int:
    """Compare the code with the committed schemas and golden samples. Exit 1 names what is wrong, and what to do."""
    found = findings()
    for finding in found:
        print(finding)
    if found:
        return WRONG
    print("contracts: every schema and golden sample fits the code")
    return FINE


@app.command
def write() -> int:
    """Write new and compatibly changed schemas, and samples of new event versions. Exit 1 refuses what would break."""
    try:
        written = bring_up_to_date()
    except Incompatible as refused:
        for finding in refused.findings:
            print(finding)
        return WRONG
    for file in written:
        print(file.relative_to(FOLDER.parent))
    print(f"contracts: {len(written)} file(s) written")
    return FINE
