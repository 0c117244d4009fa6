//! The activity pane.
