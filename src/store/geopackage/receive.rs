//! A new file with all records of another store.

use rusqlite::{Connection, params};

use super::{fault, rows, tickets};
use crate::city::TicketTexts;
use crate::store::replay::{Replay, Words};
use crate::store::tickets::{REPLACED_COLUMNS, TEXT_COLUMNS};
use crate::store::{Batch, Change, Record, StoreError};

/// An open transaction of a file without records.
pub(super) struct Receiver<'a>(pub(super) &'a Connection);

impl Replay for Receiver<'_> {
    fn words(&mut self, words: Words) -> Result<(), StoreError> {
        let TicketTexts { description, address, contact, phone, response } = &words.texts;
        let number = words.number as i64;
        let run = match words.replaced_in {
            None => {
                let sql = format!(
                    "INSERT INTO ticket_texts (ticket, {TEXT_COLUMNS}) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
                );
                self.0.prepare_cached(&sql).and_then(|mut insert| {
                    insert.execute(params![number, description, address, contact, phone, response])
                })
            }
            Some(seq) => {
                let sql = format!(
                    "INSERT INTO ticket_texts_replaced ({REPLACED_COLUMNS}) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
                );
                let seq = seq as i64;
                self.0.prepare_cached(&sql).and_then(|mut insert| {
                    insert.execute(params![
                        seq,
                        number,
                        description,
                        address,
                        contact,
                        phone,
                        response
                    ])
                })
            }
        };
        run.map(|_| ()).map_err(fault)
    }

    fn changes(&mut self, changes: Vec<Change>) -> Result<(), StoreError> {
        for change in changes {
            let by = Batch { import: change.import, ..Batch::by(change.actor) };
            match change.record {
                Record::Tickets(filed) => {
                    tickets::receive(self.0, &by, change.at, change.seq, filed)?;
                }
                record => rows::receive(self.0, &by, change.at, change.seq, &record)?,
            }
        }
        Ok(())
    }
}
