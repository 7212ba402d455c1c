//! Records without a place on the map: CSV, or a JSON list of objects.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde_json::{Map, Value};

use super::{Format, replace};
use crate::city::calendar::Entry;
use crate::city::{Calendar, Schedule};
use crate::store::ReservationRecord;

/// Records of one kind, as rows of named values.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    columns: &'static [&'static str],
    rows: Vec<Vec<Value>>,
}

impl Table {
    /// The days of a calendar, as `import calendar` reads them.
    pub fn of_calendar(calendar: &Calendar) -> Self {
        let rows = calendar.days().map(|(date, (kind, name))| {
            let kind = match kind {
                Entry::Holiday => "holiday",
                Entry::Workday => "workday",
            };
            let texts = [date.to_string(), kind.to_owned(), name.zh.clone(), name.en.clone()];
            texts.map(Value::from).to_vec()
        });
        Self { columns: &["date", "kind", "name", "name_en"], rows: rows.collect() }
    }

    /// Free slots, one a row, as `import slots` reads them.
    pub fn of_slots<'a>(schedules: impl Iterator<Item = &'a Schedule>) -> Self {
        let columns =
            &["point", "matter", "slot", "start", "end", "capacity", "observed_at", "source"];
        let rows = schedules.flat_map(|schedule| {
            schedule.slots.iter().map(|slot| {
                vec![
                    Value::from(schedule.point.as_str()),
                    Value::from(schedule.matter.clone()),
                    Value::from(slot.id.as_str()),
                    Value::from(slot.start.to_string()),
                    Value::from(slot.end.to_string()),
                    Value::from(slot.capacity),
                    Value::from(schedule.observed_at.to_string()),
                    Value::from(schedule.source.as_str()),
                ]
            })
        });
        Self { columns, rows: rows.collect() }
    }

    /// Reservations, with the members that they are kept with.
    ///
    /// # Errors
    /// Where one cannot be written as JSON.
    pub fn of_reservations<'a>(
        all: impl Iterator<Item = &'a ReservationRecord>,
    ) -> io::Result<Self> {
        const COLUMNS: &[&str] = &[
            "id",
            "name",
            "url",
            "deep",
            "channel",
            "phone",
            "categories",
            "points",
            "matters",
            "who",
            "lead",
            "status",
            "rank",
            "checked_at",
            "source",
        ];
        let mut rows = Vec::new();
        for record in all {
            let document = serde_json::to_value(record)?;
            rows.push(COLUMNS.iter().map(|name| document[*name].clone()).collect());
        }
        Ok(Self { columns: COLUMNS, rows })
    }

    /// How many records it has.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes it into `path`, over a file that is there; until it is whole the file has another
    /// name beside it. Values that are no texts are JSON in CSV.
    ///
    /// # Errors
    /// Where it cannot be written, or the format has a place for every record.
    pub fn write(&self, path: &Path, format: Format) -> io::Result<()> {
        replace(path, |unfinished| {
            let mut out = BufWriter::new(File::create_new(unfinished)?);
            match format {
                Format::Csv => self.csv(&mut out)?,
                Format::GeoJson => self.json(&mut out)?,
                _ => return Err(io::Error::other("it has no places: csv or json")),
            }
            out.flush()
        })
    }

    fn csv(&self, out: &mut impl Write) -> io::Result<()> {
        let mut out = csv::Writer::from_writer(out);
        out.write_record(self.columns)?;
        for row in &self.rows {
            out.write_record(row.iter().map(|value| match value {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            }))?;
        }
        out.flush()
    }

    fn json(&self, out: &mut impl Write) -> io::Result<()> {
        let named = |row: &Vec<Value>| -> Map<String, Value> {
            let names = self.columns.iter().map(|name| (*name).to_owned());
            names.zip(row.iter().cloned()).collect()
        };
        let all: Vec<_> = self.rows.iter().map(named).collect();
        serde_json::to_writer_pretty(&mut *out, &all)?;
        out.write_all(b"\n")
    }
}
