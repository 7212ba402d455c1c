//! The first records of a store: those of the city pack.

use super::{Batch, DivisionRecord, PointRecord, Receipt, Record, Store, StoreError};
use crate::city::City;

/// Writes the points and divisions of a pack into a store that has none yet; `None`
/// where it has. One batch, so that a start that is interrupted is done again whole.
pub fn seed(store: &dyn Store, pack: &City) -> Result<Option<Receipt>, StoreError> {
    if store.head()? > 0 {
        return Ok(None);
    }
    let mut batch = Batch::by("servicemap serve");
    batch.import = Some(format!("pack-{}", pack.digest));
    for division in pack.divisions.iter() {
        batch = batch.put(Record::Division(DivisionRecord::from(division)));
    }
    for point in &pack.points {
        batch = batch.put(Record::Point(PointRecord::from(point)));
    }
    store.write(batch).map(Some)
}
