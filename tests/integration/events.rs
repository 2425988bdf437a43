//! Event files: the bytes, and what survives.
