"""What is read: projections are pure folds, a projector lane is their protocol without I/O, mongo.py and postgres.py
keep what they fold together with the place in the log that it stands for."""
