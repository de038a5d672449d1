"""Drawing: typefaces, palettes, a grid, cards made of plain elements, and the two ways to show them.

A card is laid out once, in `elements`; `still` paints it with Pillow, `subtitles` says it in the language of libass,
which moves it smoothly in the film. So a picture in a gallery and the film show the same thing.
"""
