//! The door: parse, call, exit.

fn main() {}
