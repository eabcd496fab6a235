//! Reads the arguments and the clock and calls `cli`; nothing else reads a clock.

fn main() {}
