"""MongoDB: the store of a projector's documents, and what readers of documents get.

Holds  driver.py       the client, its deadlines, its errors in our words: the only module that names the driver
       retrying.py    a read, tried again
       listening.py   every operation, told to the log
       transaction.py  one transaction, tried again where the server says that it may be
       store.py        MongoProjectionStore: views, journals, parked records and checkpoint, in one transaction
       batches.py     what one commit writes, in bulk
       current.py     which collection is the current generation's, for readers and for the projector
       generations.py  a rebuild of a projector's documents beside themselves
       parked.py      what waits, and its release
       snapshot.py     everything that a projector has written, as of one moment
       collections.py  MongoDatabase, and collections bound to a tenant
       watching.py     change streams
       install.py      collections, validators and indexes, made before anything is written
       describing.py   and what of them stands there
"""

from eventlog.read.mongo.collections import Collection, Document, MongoDatabase, OwnedCollection, TenantCollection
from eventlog.read.mongo.install import Index
from eventlog.read.mongo.store import MongoProjectionStore
from eventlog.read.mongo.watching import Change, Watch

__all__ = [
    "Change",
    "Collection",
    "Document",
    "Index",
    "MongoDatabase",
    "MongoProjectionStore",
    "OwnedCollection",
    "TenantCollection",
    "Watch",
]
