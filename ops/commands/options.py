"""Options that several commands have."""

from typing import Annotated, TypeAlias

from cyclopts import Parameter

Json: TypeAlias = Annotated[bool, Parameter(name="--json", negative="", help="For programs: JSON instead of a table.")]
