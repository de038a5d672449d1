"""The engines that stages are given: words, voices, drawing, encoding. Each stands behind a plain port.

Programs with a copyleft licence (the speech library, the encoder) run as processes of their own.
"""
