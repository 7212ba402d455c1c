//! A group of batches in one transaction of SQLite.

use rusqlite::{Connection, TransactionBehavior};

use super::{fault, fault_of, rows};
use crate::store::group::Commit;
use crate::store::{Batch, Receipt, StoreError};

impl Commit for Connection {
    fn commit(&mut self, group: &[Batch]) -> Vec<Result<Receipt, StoreError>> {
        let all = |e: &rusqlite::Error| group.iter().map(|_| Err(fault_of(e))).collect::<Vec<_>>();
        let mut write = match self.transaction_with_behavior(TransactionBehavior::Immediate) {
            Ok(write) => write,
            Err(e) => return all(&e),
        };
        // Alone, a batch that is refused takes the whole transaction with it.
        if let [batch] = group {
            let result = rows::write(&write, batch);
            let result = result.and_then(|receipt| write.commit().map(|()| receipt).map_err(fault));
            return vec![result];
        }
        let mut results = Vec::with_capacity(group.len());
        for batch in group {
            let result = write.savepoint().map_err(fault).and_then(|savepoint| {
                let receipt = rows::write(&savepoint, batch)?;
                savepoint.commit().map_err(fault)?;
                Ok(receipt)
            });
            results.push(result);
        }
        // Some faults (a full disk) undo the whole transaction: then there is nothing to
        // commit, and no batch of the group may be acknowledged.
        if write.is_autocommit() {
            let why = results.into_iter().rev().find_map(Result::err);
            let undone = || StoreError::Unavailable("the transaction was undone".into());
            let why = why.unwrap_or_else(undone);
            return group.iter().map(|_| Err(why.again())).collect();
        }
        match write.commit() {
            Ok(()) => results,
            Err(e) => all(&e),
        }
    }
}
