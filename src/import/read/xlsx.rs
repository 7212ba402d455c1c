//! Workbooks of Excel 2007 and later, by the `calamine` crate.
//!
//! A workbook is a zip archive: its size says nothing of what it unpacks to. Every part is
//! unpacked once and counted before anything of it is believed, since the crate takes the
//! counts that a workbook claims at their word. The shared texts are then held in memory,
//! and the rows of the sheet come one by one from a thread of their own.

mod parts;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use calamine::{Cell, DataRef, Reader, SheetVisible, Xlsx};

use super::{Input, Options, header};
use crate::import::limits::{MAX_COLUMNS, MAX_TEXT_BYTES};
use crate::import::row::{Columns, FileFault, Next, Place, Row, RowFault, Rows, Value};

/// Rows that the thread may be ahead.
const AHEAD: usize = 256;

/// Reads a workbook: the sheet of that name, or the first that is visible and has rows.
/// `path` stands in messages.
///
/// # Errors
/// Where it cannot be read, is over a limit, or has no such sheet or no row of names.
pub fn read(input: impl Input, path: &str, options: &Options) -> Result<Box<dyn Rows>, FileFault> {
    let (sender, receiver) = sync_channel(AHEAD);
    let (name, layer) = (path.to_owned(), options.layer.clone());
    let work = move || Work { path: name, sender }.run(input, layer.as_deref());
    thread::Builder::new()
        .name("workbook".to_owned())
        .spawn(work)
        .map_err(|cause| FileFault::Unreadable { path: path.to_owned(), cause })?;
    let mut workbook = Workbook {
        receiver,
        path: path.to_owned(),
        sheet: Arc::from(""),
        columns: Arc::default(),
        last: 0,
        at: 0,
        remarks: Vec::new(),
        over: false,
    };
    loop {
        match workbook.receive()? {
            Message::Sheet { name, rows, remarks } => {
                workbook.sheet = Arc::from(name.as_str());
                workbook.last = rows;
                workbook.remarks = remarks;
            }
            Message::Names(columns) => {
                workbook.columns = Arc::new(columns);
                return Ok(Box::new(workbook));
            }
            // Rows and the end come after the names.
            Message::Row(..) | Message::End => return Err(workbook.given_up()),
        }
    }
}

/// What the thread says, in this order: a sheet, its names, its rows, the end.
enum Message {
    Sheet { name: String, rows: u64, remarks: Vec<String> },
    Names(Columns),
    Row(u64, Result<Vec<Value>, String>),
    End,
}

struct Workbook {
    receiver: Receiver<Result<Message, FileFault>>,
    path: String,
    sheet: Arc<str>,
    columns: Arc<Columns>,
    /// The last row that the sheet claims to have.
    last: u64,
    at: u64,
    remarks: Vec<String>,
    over: bool,
}

impl Workbook {
    fn receive(&self) -> Result<Message, FileFault> {
        self.receiver.recv().unwrap_or_else(|_| Err(self.given_up()))
    }

    /// The thread ended without saying so.
    fn given_up(&self) -> FileFault {
        let detail = "its structure is damaged; open it and save it again".to_owned();
        FileFault::Malformed { path: self.path.clone(), format: "XLSX", detail }
    }
}

impl Iterator for Workbook {
    type Item = Next;

    fn next(&mut self) -> Option<Next> {
        if self.over {
            return None;
        }
        let next = match self.receive() {
            Ok(Message::Row(row, values)) => {
                self.at = row;
                let place = Place::Sheet { sheet: Arc::clone(&self.sheet), row };
                return Some(Ok(match values {
                    Ok(values) => Ok(Row {
                        place,
                        columns: Arc::clone(&self.columns),
                        values,
                        geometry: None,
                    }),
                    Err(detail) => Err(RowFault { place, detail }),
                }));
            }
            Ok(Message::End) => None,
            Ok(Message::Sheet { .. } | Message::Names(_)) => Some(Err(self.given_up())),
            Err(fault) => Some(Err(fault)),
        };
        self.over = true;
        next
    }
}

impl Rows for Workbook {
    fn format(&self) -> &'static str {
        "XLSX"
    }

    fn epsg(&self) -> Option<u32> {
        None
    }

    fn remarks(&self) -> Vec<String> {
        self.remarks.clone()
    }

    fn progress(&self) -> Option<f64> {
        (self.last > 0).then(|| (self.at as f64 / self.last as f64).min(1.0))
    }
}

/// The thread that reads. It ends early where nobody listens any more.
struct Work {
    path: String,
    sender: SyncSender<Result<Message, FileFault>>,
}

impl Work {
    fn run(self, input: impl Input, layer: Option<&str>) {
        if let Err(fault) = self.workbook(input, layer) {
            let _ = self.sender.send(Err(fault));
        }
    }

    fn say(&self, message: Message) -> bool {
        self.sender.send(Ok(message)).is_ok()
    }

    fn malformed(&self, detail: impl Into<String>) -> FileFault {
        FileFault::Malformed { path: self.path.clone(), format: "XLSX", detail: detail.into() }
    }

    fn workbook(&self, mut input: impl Input, layer: Option<&str>) -> Result<(), FileFault> {
        parts::check(&mut input, &self.path)?;
        let mut workbook = Xlsx::new(input).map_err(|e| self.malformed(e.to_string()))?;
        let names = self.sheets(&workbook, layer)?;
        let mut empty = Vec::new();
        for name in &names {
            let cells = workbook.worksheet_cells_reader(name);
            let mut cells = cells.map_err(|e| self.malformed(format!("sheet {name}: {e}")))?;
            let rows = u64::from(cells.dimensions().end.0) + 1;
            let mut over = false;
            let next = || {
                // After its end the crate would look for another one.
                if over {
                    return Ok(None);
                }
                let cell = cells.next_cell().map_err(|e| format!("sheet {name}: {e}"))?;
                over = cell.is_none();
                Ok(cell)
            };
            let mut rows_of = SheetRows { next, waiting: None };
            let mut first = Vec::new();
            while first.len() < header::TITLE_ROWS {
                match rows_of.next().map_err(|e| self.malformed(e))? {
                    Some(row) => first.push(row),
                    None => break,
                }
            }
            if first.is_empty() {
                empty.push(name.as_str());
                continue;
            }
            let mut remarks = vec![format!("sheet {name}")];
            if names.len() > 1 {
                let all: Vec<&str> = names.iter().map(String::as_str).collect();
                remarks[0] = format!("sheet {name}; --layer takes another of {}", all.join(", "));
            }
            return self.sheet(name, rows, remarks, first, rows_of);
        }
        Err(self.malformed(format!("there are no rows in it, in the sheets {}", empty.join(", "))))
    }

    /// The sheets to try.
    fn sheets<R: Input>(
        &self,
        workbook: &Xlsx<R>,
        layer: Option<&str>,
    ) -> Result<Vec<String>, FileFault> {
        let all = workbook.sheets_metadata();
        if let Some(layer) = layer {
            if all.iter().any(|sheet| sheet.name == layer) {
                return Ok(vec![layer.to_owned()]);
            }
            let names: Vec<&str> = all.iter().map(|sheet| sheet.name.as_str()).collect();
            return Err(FileFault::Unknown {
                path: self.path.clone(),
                detail: format!("it has no sheet \"{layer}\", but {}", names.join(", ")),
            });
        }
        let visible = all.iter().filter(|sheet| {
            sheet.visible == SheetVisible::Visible && sheet.typ == calamine::SheetType::WorkSheet
        });
        Ok(visible.map(|sheet| sheet.name.clone()).collect())
    }

    fn sheet<'a, N: FnMut() -> Result<Option<Cell<DataRef<'a>>>, String>>(
        &self,
        name: &str,
        rows: u64,
        mut remarks: Vec<String>,
        first: Vec<SheetRow>,
        mut rest: SheetRows<'a, N>,
    ) -> Result<(), FileFault> {
        let texts: Vec<Vec<String>> = first.iter().map(|(_, values)| texts(values)).collect();
        let place = header::find(texts.iter().map(Vec::as_slice));
        for (row, _) in &first[..place] {
            remarks.push(format!("row {row} is above the names and was passed over"));
        }
        let names = texts.into_iter().nth(place).unwrap_or_default();
        if let Err(detail) = &first[place].1 {
            return Err(self.malformed(format!("row {} {detail}", first[place].0)));
        }
        let columns = header::names(names, &self.path)?;
        let width = columns.0.len();
        let mut listens = self.say(Message::Sheet { name: name.to_owned(), rows, remarks })
            && self.say(Message::Names(columns));
        let mut ready = first.into_iter().skip(place + 1);
        while listens {
            let next = match ready.next() {
                Some(row) => Some(row),
                None => rest.next().map_err(|e| self.malformed(e))?,
            };
            let Some((row, values)) = next else {
                self.say(Message::End);
                break;
            };
            listens = self.say(Message::Row(row, within(width, values)));
        }
        Ok(())
    }
}

/// A value outside the columns that have names cannot be understood.
fn within(width: usize, values: Result<Vec<Value>, String>) -> Result<Vec<Value>, String> {
    let mut values = values?;
    if values.iter().skip(width).any(|value| *value != Value::Null) {
        return Err(format!("has a value to the right of the {width} columns with names"));
    }
    values.truncate(width);
    Ok(values)
}

fn texts(values: &Result<Vec<Value>, String>) -> Vec<String> {
    let values = values.as_deref().unwrap_or_default();
    values.iter().map(|value| value.text().unwrap_or_default()).collect()
}

/// A row as the spreadsheet numbers it, and its values or what is wrong.
type SheetRow = (u64, Result<Vec<Value>, String>);

/// The rows of a sheet that are not empty, out of its cells.
struct SheetRows<'a, N> {
    next: N,
    /// The first cell of the next row.
    waiting: Option<Cell<DataRef<'a>>>,
}

impl<'a, N: FnMut() -> Result<Option<Cell<DataRef<'a>>>, String>> SheetRows<'a, N> {
    fn next(&mut self) -> Result<Option<SheetRow>, String> {
        loop {
            let first = match self.waiting.take() {
                Some(cell) => cell,
                None => match (self.next)()? {
                    Some(cell) => cell,
                    None => return Ok(None),
                },
            };
            let row = first.get_position().0;
            let (mut values, mut fault) = (Vec::new(), None);
            put(&first, &mut values, &mut fault);
            while let Some(cell) = (self.next)()? {
                if cell.get_position().0 != row {
                    self.waiting = Some(cell);
                    break;
                }
                put(&cell, &mut values, &mut fault);
            }
            let number = u64::from(row) + 1;
            match fault {
                Some(detail) => return Ok(Some((number, Err(detail)))),
                None if values.is_empty() => {}
                None => return Ok(Some((number, Ok(values)))),
            }
        }
    }
}

fn put(cell: &Cell<DataRef<'_>>, values: &mut Vec<Value>, fault: &mut Option<String>) {
    let column = cell.get_position().1 as usize;
    let value = match value(cell.get_value()) {
        Ok(Value::Null) => return,
        Ok(_) if column >= MAX_COLUMNS => Err(format!("has more than {MAX_COLUMNS} columns")),
        other => other.map_err(|detail| format!("column {}: {detail}", column + 1)),
    };
    match value {
        Ok(value) => {
            if values.len() <= column {
                values.resize(column + 1, Value::Null);
            }
            values[column] = value;
        }
        Err(detail) => {
            fault.get_or_insert(detail);
        }
    }
}

fn value(cell: &DataRef<'_>) -> Result<Value, String> {
    let text = |text: &str| match text.trim() {
        "" => Ok(Value::Null),
        _ if text.len() > MAX_TEXT_BYTES => Err(format!("a text of over {MAX_TEXT_BYTES} bytes")),
        _ => Ok(Value::Text(text.to_owned())),
    };
    match cell {
        DataRef::Empty => Ok(Value::Null),
        DataRef::Bool(yes) => Ok(Value::Bool(*yes)),
        DataRef::Int(number) => Ok(Value::Integer(*number)),
        DataRef::Float(number) => Ok(number_value(*number)),
        DataRef::String(string) | DataRef::DateTimeIso(string) | DataRef::DurationIso(string) => {
            text(string)
        }
        DataRef::SharedString(string) => text(string),
        DataRef::Error(error) => Err(format!("the formula gives {error}")),
        DataRef::DateTime(time) => Ok(Value::Text(time_text(time))),
    }
}

/// Spreadsheets know no whole numbers; a telephone number must not get a decimal point.
fn number_value(number: f64) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT {
        Value::Integer(number as i64)
    } else {
        Value::Number(number)
    }
}

/// A date, a time of day, or both, as ISO 8601 without an offset.
fn time_text(time: &calamine::ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
    let of_day = format!("{hour:02}:{minute:02}:{second:02}");
    if time.is_duration() {
        return format!("PT{}S", (time.as_f64() * 86400.0).round());
    }
    let days = time.as_f64();
    if days.fract() == 0.0 {
        format!("{year:04}-{month:02}-{day:02}")
    } else if days < 1.0 {
        of_day
    } else {
        format!("{year:04}-{month:02}-{day:02}T{of_day}")
    }
}

#[cfg(test)]
mod tests;
