"""The stages `refine → script → speech → scenes → video`: each a pure function of frozen inputs and of earlier outputs.

A stage is told everything that it depends on, engines included; it reads no clock, no environment, no network of its
own. The same inputs give the same bytes, so a stage that is run again, here or elsewhere, changes nothing.
"""
