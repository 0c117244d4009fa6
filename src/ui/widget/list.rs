//! Which slice of a long list is shown, from the cursor alone.

/// Lines kept visible above and below the cursor.
const MARGIN: usize = 1;

/// The first line shown. The slice stays where it is while the cursor moves within it, so a step rewrites two lines
/// and not the screen; there is no offset to remember.
pub fn offset(cursor: usize, rows: usize, total: usize) -> usize {
    let most = total.saturating_sub(rows);
    let Some(stride) = rows.checked_sub(2 * MARGIN).filter(|stride| *stride > 0) else {
        return cursor.min(most);
    };
    (cursor.saturating_sub(MARGIN) / stride * stride).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_cursor_is_always_shown(total in 1_usize..2000, rows in 1_usize..60, cursor in 0_usize..2000) {
            let cursor = cursor.min(total - 1);
            let first = offset(cursor, rows, total);
            prop_assert!(first <= cursor && cursor < first + rows, "{first}");
            prop_assert!(first + rows <= total || first == 0);
        }
    }

    #[test]
    fn the_slice_rests_while_the_cursor_moves_in_it() {
        let moves: Vec<usize> = (0..12).map(|cursor| offset(cursor, 6, 100)).collect();
        assert_eq!(moves, [0, 0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8]);
    }
}
