//! The credentials pane.
