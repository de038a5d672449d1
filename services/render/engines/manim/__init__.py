"""manim: scenes of a typed list become a Python file of ours, and that file becomes pictures in a process of its own.

Nobody's words are ever code here: they stand in the file as literals, and no model writes a line of it.
"""
