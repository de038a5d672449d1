"""Bytes of files, in and out."""
