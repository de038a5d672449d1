"""Who may come in.

Holds  callers.py   the policies; each route names exactly one
       bearer.py    from what stands behind 'Bearer' to whoever asks
       page.py      the cookie by which the page of a local profile acts for the demo account
       cors.py      which pages of other origins may call from a browser
       limiting.py  whether whoever asks may ask now
"""
