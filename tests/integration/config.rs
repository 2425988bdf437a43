//! Configs: what is accepted, and what is said of what is not.
