-- Copies of which no film is left. Only where the blob store is somewhere else.
DELETE FROM blobs.bytes b WHERE NOT EXISTS (SELECT FROM wallet.video_rows v WHERE v.sha256 = b.sha256)
