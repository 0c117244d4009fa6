//! The embedded backends.
