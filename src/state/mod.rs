//! The database of what was begun, promised and noted: `state.db`. No secrets.
