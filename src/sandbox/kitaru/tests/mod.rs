//! The contract as tests: each case is a request and what the real server answered to it.

mod keys;
