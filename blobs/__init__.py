"""blobs: bytes by the digest of their content.

Asks   nothing
Hears  nothing
Keeps  bytes under `ab/cd/<sha256>`, and small named notes beside them; a directory, S3 or another object store by URL
"""
