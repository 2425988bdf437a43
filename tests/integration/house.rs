//! The arrows between the rooms, read from the source.
