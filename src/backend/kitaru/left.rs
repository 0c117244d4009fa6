//! What Kitaru's own tools left here.
use crate::backend::found::{Found, Surroundings};
/// Finds them.
pub fn find(_: &Surroundings<'_>) -> Vec<Found> {
    Vec::new()
}
