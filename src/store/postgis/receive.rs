//! All records of another store into a database without any.

use postgres::{GenericClient, Transaction};

use super::link::{Statements, fault};
use super::{rows, tickets};
use crate::store::replay::{Replay, Words};
use crate::store::tickets::{REPLACED_COLUMNS, TEXT_COLUMNS};
use crate::store::{Change, Record, StoreError};

/// Words that are sent with one statement.
const PART: usize = 5000;

/// An open transaction of a database without records, which holds the counter.
pub(super) struct Receiver<'a, 'b> {
    transaction: &'a mut Transaction<'b>,
    statements: Statements,
    words: Vec<Words>,
}

impl<'a, 'b> Receiver<'a, 'b> {
    pub(super) fn new(transaction: &'a mut Transaction<'b>) -> Self {
        Self { transaction, statements: Statements::default(), words: Vec::new() }
    }

    /// Writes what is still held back.
    pub(super) fn flush(&mut self) -> Result<(), StoreError> {
        let words = std::mem::take(&mut self.words);
        let (replaced, own): (Vec<Words>, Vec<Words>) =
            words.into_iter().partition(|words| words.replaced_in.is_some());
        let own_columns = format!("ticket, {TEXT_COLUMNS}");
        copy(self.transaction, "ticket_texts", &own_columns, &own)?;
        copy(self.transaction, "ticket_texts_replaced", REPLACED_COLUMNS, &replaced)
    }
}

impl Replay for Receiver<'_, '_> {
    fn words(&mut self, words: Words) -> Result<(), StoreError> {
        self.words.push(words);
        if self.words.len() >= PART { self.flush() } else { Ok(()) }
    }

    fn changes(&mut self, changes: Vec<Change>) -> Result<(), StoreError> {
        self.flush()?;
        // Those of one moment and one sort go in together.
        let sort = |change: &Change| (change.at, matches!(change.record, Record::Tickets(_)));
        for run in changes.chunk_by(|a, b| sort(a) == sort(b)) {
            if sort(&run[0]).1 {
                tickets::receive(self.transaction, &mut self.statements, run)?;
            } else {
                rows::receive(self.transaction, &mut self.statements, run)?;
            }
        }
        Ok(())
    }
}

/// Copies words into the table of these columns.
fn copy(
    client: &mut impl GenericClient,
    table: &str,
    columns: &str,
    all: &[Words],
) -> Result<(), StoreError> {
    use postgres::binary_copy::BinaryCopyInWriter;
    use postgres::types::{ToSql, Type};
    if all.is_empty() {
        return Ok(());
    }
    let count = columns.split(", ").count();
    let types: Vec<Type> = std::iter::repeat_n(Type::INT8, count - 5)
        .chain(std::iter::repeat_n(Type::TEXT, 5))
        .collect();
    let sql = format!("COPY {table} ({columns}) FROM STDIN BINARY");
    let mut rows = BinaryCopyInWriter::new(client.copy_in(&sql).map_err(fault)?, &types);
    for Words { number, replaced_in, texts: t } in all {
        let (number, seq) = (*number as i64, replaced_in.map(|seq| seq as i64));
        let mut values: Vec<&(dyn ToSql + Sync)> = Vec::with_capacity(count);
        if let Some(seq) = &seq {
            values.push(seq);
        }
        let own: [&(dyn ToSql + Sync); 6] =
            [&number, &t.description, &t.address, &t.contact, &t.phone, &t.response];
        values.extend(own);
        rows.write(&values).map_err(fault)?;
    }
    rows.finish().map(|_| ()).map_err(fault)
}
