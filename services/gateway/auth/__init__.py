"""Who asks, and what he may do.

Holds  principal.py  whoever asks: a tenant, one of its accounts, a role
       keys.py       API keys: how one is made, told from a typing error, and found again by its hash
       credentials.py  keys, logins and linked identities of accounts, remembered while a change stream tells of changes
       stored.py     the same in MongoDB
       wallets.py    wallets: tickets, what their owners sign, and the check of it
       outside.py    tokens of outside issuers (JWT)
       key_sets.py   the public keys of an outside issuer
       entrances.py  which ways in are open, for which tenant
"""
