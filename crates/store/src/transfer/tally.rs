//! What a table holds, in a number that is the same for the same rows in any order.

use sha2::{Digest, Sha256};

use super::{TransferError, table::Table};
use crate::{
    Result,
    database::{Access, Connection, Row, Value, without_nul},
};

/// Rows that are asked for at once: bodies may be a megabyte each.
const ROWS_AT_ONCE: usize = 64;

/// What a table holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) rows: u64,
    /// The sum of all rows' digests: half of SHA-256 each.
    sum: u128,
}

impl Tally {
    fn add(&mut self, row: &Row<'_>, width: usize) -> Result<()> {
        let mut digest = Sha256::new();
        for index in 0..width {
            // A word for the type, and lengths: no two rows read alike.
            let mut part = |word: u8, bytes: &[u8]| {
                digest.update([word]);
                digest.update(bytes.len().to_be_bytes());
                digest.update(bytes);
            };
            match row.value(index)? {
                Value::Null => part(0, &[]),
                Value::Number(number) => part(1, &number.to_be_bytes()),
                Value::Text(text) => part(2, without_nul(text).as_bytes()),
                Value::Bytes(bytes) => part(3, bytes),
            }
        }
        let digest: [u8; 32] = digest.finalize().into();
        let half = digest.iter().take(16).fold(0_u128, |half, byte| half << 8 | u128::from(*byte));
        self.sum = self.sum.wrapping_add(half);
        self.rows += 1;
        Ok(())
    }
}

/// What the source holds.
pub(super) fn of_source(from: &Connection, table: &Table) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut last = i64::MIN;
    while let Some(end) = table.end_of_part(from, last)? {
        table.each(from, last, end, |row| tally.add(row, table.width()))?;
        last = end;
    }
    Ok(tally)
}

/// What the target holds. Tells how many rows were read.
pub(super) fn of_target(
    to: &Connection,
    table: &Table,
    mut tell: impl FnMut(u64),
) -> Result<Tally, TransferError> {
    let mut tally = Tally::default();
    to.within(Access::Read, |to| {
        // A name for each table: a statement is prepared once, and its columns are those of the first time.
        let cursor = format!("tally_of_{}", table.name);
        to.batch(&format!("DECLARE {cursor} NO SCROLL CURSOR FOR {}", table.all_rows()))?;
        let fetch = format!("FETCH {ROWS_AT_ONCE} FROM {cursor}");
        loop {
            let before = tally.rows;
            to.all(&fetch, &[], |row| tally.add(row, table.width()))?;
            if tally.rows == before {
                return Ok(tally);
            }
            tell(tally.rows);
        }
    })
}
