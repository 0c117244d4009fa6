//! The owners pane.
