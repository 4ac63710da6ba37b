//! A table as it is brought: what columns it has, what makes up a part, and how a part is read and added.

use tokio_postgres::types::ToSql;

use super::{LEFT_OUT, OWN_WORDS};
use crate::{
    Result, StoreError, column,
    database::{Connection, Row, Value, params, without_nul},
};

/// Bytes of a part, about: each is one statement, which the server takes at once.
const PART_BYTES: i64 = 4 << 20;

/// Rows of a part at most.
const PART_ROWS: usize = 2_000;

/// A table that is brought.
pub(super) struct Table {
    pub(super) name: String,
    /// How many rows it has.
    pub(super) rows: u64,
    columns: Vec<Column>,
    /// What keeps a row from being brought.
    but: &'static str,
}

struct Column {
    name: String,
    kind: Kind,
    /// Whether the database gives it the next number.
    counts: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Truth,
    Text,
    Bytes,
}

/// The rows of a part, column by column.
pub(super) struct Cells(Vec<Cell>);

enum Cell {
    Numbers(Vec<Option<i64>>),
    Truths(Vec<Option<bool>>),
    Texts(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

/// The tables that are brought, each after those that it refers to: a table refers to older ones, so as they were made.
pub(super) fn list(from: &Connection, to: &Connection) -> Result<Vec<Table>> {
    let sql =
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY rowid";
    let names: Vec<String> = from.all(sql, &[], |row| row.get(0))?;
    let mut tables = Vec::new();
    for name in names.into_iter().filter(|name| !LEFT_OUT.contains(&name.as_str())) {
        let sql = "SELECT CAST(column_name AS TEXT), CAST(data_type AS TEXT), is_identity = 'YES'
            FROM information_schema.columns
            WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position";
        let columns = to.all(sql, params![name], of_row)?;
        // What its own words say of its being brought stays where it is.
        let but = if name == "installation" { OWN_WORDS } else { "FALSE" };
        let rows = format!("SELECT COUNT(*) FROM {name} WHERE NOT ({but})");
        let rows = from.first(&rows, &[], |row| column::count(row, 0))?.unwrap_or(0);
        tables.push(Table { name, rows, columns, but });
    }
    Ok(tables)
}

fn of_row(row: &Row<'_>) -> Result<Column> {
    let kind = match column::text(row, 1, "information_schema.columns")? {
        "bigint" => Kind::Number,
        "boolean" => Kind::Truth,
        "text" => Kind::Text,
        "bytea" => Kind::Bytes,
        other => {
            let what = format!("a column of the type {other}");
            return Err(StoreError::Corrupt { table: "information_schema.columns", what });
        }
    };
    Ok(Column { name: row.get(0)?, kind, counts: row.get(2)? })
}

impl Table {
    pub(super) fn is_empty(&self, to: &Connection) -> Result<bool> {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM {})", self.name);
        Ok(!to.first(&sql, &[], |row| row.get::<bool>(0))?.unwrap_or(false))
    }

    /// The columns, as statements name them.
    fn names(&self) -> String {
        self.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The statement for all of its rows on the target.
    pub(super) fn all_rows(&self) -> String {
        format!("SELECT {} FROM {} WHERE NOT ({})", self.names(), self.name, self.but)
    }

    /// How many columns it has.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    /// SQLite's number of the last row of the part after a row; none if there is no more.
    pub(super) fn end_of_part(&self, from: &Connection, after: i64) -> Result<Option<i64>> {
        let is_long = |column: &&Column| matches!(column.kind, Kind::Text | Kind::Bytes);
        let bytes: Vec<String> = self
            .columns
            .iter()
            .filter(is_long)
            .map(|column| format!("COALESCE(octet_length({}), 0)", column.name))
            .collect();
        let sql = format!(
            "SELECT rowid, 0 + {} FROM {} WHERE rowid > $1 AND NOT ({}) ORDER BY rowid LIMIT $2",
            if bytes.is_empty() { "0".to_owned() } else { bytes.join(" + ") },
            self.name,
            self.but
        );
        let sizes: Vec<(i64, i64)> =
            from.all(&sql, params![after, column::limit(PART_ROWS)], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut weight = 0_i64;
        let mut end = None;
        for (row, bytes) in sizes {
            weight = weight.saturating_add(bytes);
            if end.is_some() && weight > PART_BYTES {
                break;
            }
            end = Some(row);
        }
        Ok(end)
    }

    /// Hands each row after one and up to another to `take`, in order.
    pub(super) fn each(
        &self,
        from: &Connection,
        after: i64,
        end: i64,
        take: impl FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<()> {
        let sql = format!(
            "SELECT {} FROM {} WHERE rowid > $1 AND rowid <= $2 AND NOT ({}) ORDER BY rowid",
            self.names(),
            self.name,
            self.but
        );
        from.all(&sql, params![after, end], take).map(drop)
    }

    /// Reads a part.
    pub(super) fn read(&self, from: &Connection, after: i64, end: i64) -> Result<Cells> {
        let mut cells: Vec<Cell> = self.columns.iter().map(|column| Cell::new(column.kind)).collect();
        self.each(from, after, end, |row| {
            cells.iter_mut().enumerate().try_for_each(|(index, cell)| cell.push(row.value(index)?))
        })?;
        Ok(Cells(cells))
    }

    /// Adds a part to the target.
    pub(super) fn add(&self, to: &Connection, cells: &Cells) -> Result<()> {
        let Connection::Postgres(session) = to else { return Err(StoreError::Gone) };
        let lists: Vec<String> = self
            .columns
            .iter()
            .enumerate()
            .map(|(index, column)| format!("${}::{}[]", index + 1, column.kind.word()))
            .collect();
        let (name, names, lists) = (&self.name, self.names(), lists.join(", "));
        let sql = format!("INSERT INTO {name} ({names}) SELECT * FROM UNNEST({lists})");
        let values: Vec<&(dyn ToSql + Sync)> = cells.0.iter().map(Cell::as_sql).collect();
        session.query(&sql, &values).map(drop)
    }

    /// Has the target count on from the greatest number that was brought.
    pub(super) fn count_on(&self, to: &Connection) -> Result<()> {
        for column in self.columns.iter().filter(|column| column.counts) {
            let (table, column) = (&self.name, &column.name);
            let sql = format!(
                "SELECT setval(pg_get_serial_sequence('{table}', '{column}'), MAX({column})) FROM {table}"
            );
            to.first(&sql, &[], |_| Ok(()))?;
        }
        Ok(())
    }
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Number => "BIGINT",
            Self::Truth => "BOOLEAN",
            Self::Text => "TEXT",
            Self::Bytes => "BYTEA",
        }
    }
}

impl Cells {
    pub(super) fn rows(&self) -> usize {
        self.0.first().map_or(0, |cell| match cell {
            Cell::Numbers(cells) => cells.len(),
            Cell::Truths(cells) => cells.len(),
            Cell::Texts(cells) => cells.len(),
            Cell::Bytes(cells) => cells.len(),
        })
    }
}

impl Cell {
    const fn new(kind: Kind) -> Self {
        match kind {
            Kind::Number => Self::Numbers(Vec::new()),
            Kind::Truth => Self::Truths(Vec::new()),
            Kind::Text => Self::Texts(Vec::new()),
            Kind::Bytes => Self::Bytes(Vec::new()),
        }
    }

    fn push(&mut self, value: Value<'_>) -> Result<()> {
        match (self, value) {
            (Self::Numbers(cells), Value::Null) => cells.push(None),
            (Self::Numbers(cells), Value::Number(number)) => cells.push(Some(number)),
            (Self::Truths(cells), Value::Null) => cells.push(None),
            (Self::Truths(cells), Value::Number(number)) => cells.push(Some(number != 0)),
            (Self::Texts(cells), Value::Null) => cells.push(None),
            (Self::Texts(cells), Value::Text(text)) => cells.push(Some(without_nul(text).into_owned())),
            (Self::Bytes(cells), Value::Null) => cells.push(None),
            (Self::Bytes(cells), Value::Bytes(bytes)) => cells.push(Some(bytes.to_vec())),
            _ => {
                let what = "a value of another type than its column".to_owned();
                return Err(StoreError::Corrupt { table: "source", what });
            }
        }
        Ok(())
    }

    fn as_sql(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::Numbers(cells) => cells,
            Self::Truths(cells) => cells,
            Self::Texts(cells) => cells,
            Self::Bytes(cells) => cells,
        }
    }
}
