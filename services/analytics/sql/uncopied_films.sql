-- Films of wallets whose bytes are not here, without those of $1, newest first.
SELECT v.sha256
FROM wallet.video_rows v
JOIN wallet.account_rows a ON a.account_id = v.account_id AND a.tenant_id = v.tenant_id AND a.kind = 'wallet'
WHERE v.sha256 <> ALL ($1::text[]) AND NOT EXISTS (SELECT FROM blobs.bytes b WHERE b.sha256 = v.sha256)
GROUP BY v.sha256
ORDER BY max(v.created_at) DESC
LIMIT 20
