"""The garbage collector, for a process that lives long and makes many small objects."""

import gc

YOUNG_OBJECTS = 50_000
"""Counting frees what a batch makes; looking for cycles after every 700 objects finds none and takes a fifth of the
time of a busy processor."""


def begin() -> None:
    """To be called before anything large is imported.

    While a gateway loads, 430 looks for cycles find next to nothing and take an eighth of the time.
    """
    gc.set_threshold(YOUNG_OBJECTS, 20, 50)


def settle() -> None:
    """To be called when everything is wired: what lives now lives as long as the process and is not looked at again."""
    gc.collect()
    gc.freeze()
    begin()
