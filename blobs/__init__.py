"""blobs: bytes by the digest of their content.

Asks   nothing
Hears  nothing
Keeps  bytes by their SHA-256, and small named notes beside them; a directory, S3, another object store or PostgreSQL,
       by URL
"""
