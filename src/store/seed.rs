//! The first records of a store: those of the city pack.

use super::{
    Batch, DivisionRecord, PointRecord, Receipt, Record, ReservationRecord, Store, StoreError,
};
use crate::city::City;

/// Writes the points, divisions and reservations of a pack into a store that has none yet; `None`
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
    for (portal, rank) in pack.portals.iter().zip(0..) {
        let reservation = ReservationRecord { portal: portal.clone(), rank, retired: None };
        batch = batch.put(Record::Reservation(reservation));
    }
    store.write(batch).map(Some)
}
