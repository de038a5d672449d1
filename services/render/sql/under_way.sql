-- Which of the jobs with the streams $1 have not ended.
SELECT stream FROM retention.jobs WHERE stream = ANY($1::text[]) AND ended IS NULL
