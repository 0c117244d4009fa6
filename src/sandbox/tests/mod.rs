//! The frame: starting and stopping, the clock, faults, quirks, the journal, and state that outlives a restart. What
//! each backend does is tested in its folder, with the same bench.

pub(super) mod bench;
mod control;
mod faults;
mod start;
