-- Of the accounts that came in the week of that Monday, how many asked for something in each week after it.
SELECT day, week, accounts
FROM analytics.cohorts
WHERE tenant_id = $1 AND day BETWEEN $2 AND $3
ORDER BY day, week
LIMIT $4
