//! The values of a `.dbf`, in their order.

use std::io::Read;

use encoding_rs::{BIG5, EUC_KR, Encoding, GB18030, SHIFT_JIS, UTF_8, WINDOWS_1251, WINDOWS_1252};

use crate::import::limits::MAX_COLUMNS;
use crate::import::row::Value;

/// How much of the table is looked at to tell its encoding, where nothing says it.
const LOOK_BYTES: u64 = 64 * 1024;

pub(super) struct Table<R> {
    input: R,
    /// What was looked at already and not yet read.
    ahead: std::io::Cursor<Vec<u8>>,
    fields: Vec<Field>,
    record: Vec<u8>,
    left: u64,
    encoding: &'static Encoding,
    said: bool,
}

struct Field {
    name: Vec<u8>,
    kind: u8,
    length: usize,
}

impl<R: Read> Table<R> {
    /// Reads the header. `length` is the file's own, `cpg` what stands in the `.cpg`.
    pub(super) fn open(mut input: R, length: u64, cpg: &str) -> Result<Self, String> {
        let cut = |_| "the .dbf ends inside its header".to_owned();
        let mut head = [0; 32];
        input.read_exact(&mut head).map_err(cut)?;
        let header = u16::from_le_bytes([head[8], head[9]]);
        let record = usize::from(u16::from_le_bytes([head[10], head[11]]));
        let records = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
        let mut rest =
            vec![0; usize::from(header).checked_sub(32).ok_or("the .dbf has no header")?];
        input.read_exact(&mut rest).map_err(cut)?;
        let mut fields = Vec::new();
        for field in rest.chunks_exact(32).take_while(|f| f[0] != b'\r') {
            let name = field[..11].split(|b| *b == 0).next().unwrap_or_default().to_vec();
            // A long text keeps the upper byte of its length where others have decimals.
            let high = if field[11] == b'C' { usize::from(field[17]) << 8 } else { 0 };
            fields.push(Field { name, kind: field[11], length: usize::from(field[16]) + high });
        }
        if fields.len() > MAX_COLUMNS {
            return Err(format!("the .dbf has over {MAX_COLUMNS} columns"));
        }
        let sum: usize = fields.iter().map(|f| f.length).sum();
        if record <= sum {
            return Err(format!("rows of the .dbf have {record} bytes, its columns {sum}"));
        }
        let stated = u64::from(header) + records * record as u64;
        if stated > length {
            return Err(format!("the .dbf should have {stated} bytes and has {length}"));
        }
        let mut ahead = Vec::new();
        let look = input.by_ref().take(LOOK_BYTES).read_to_end(&mut ahead);
        look.map_err(|e| format!("the .dbf cannot be read: {e}"))?;
        let stated = by_name(cpg).or_else(|| by_mark(head[29]));
        let names: Vec<u8> = fields.iter().flat_map(|f| f.name.clone()).collect();
        let encoding = stated.unwrap_or_else(|| guess(&names, &ahead));
        Ok(Self {
            input,
            ahead: std::io::Cursor::new(ahead),
            fields,
            record: vec![0; record],
            left: records,
            encoding,
            said: stated.is_some(),
        })
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.fields.iter().map(|f| self.text(&f.name)).collect()
    }

    /// What is to be told of its encoding.
    pub(super) fn remark(&self) -> String {
        let by = if self.said { "as it says" } else { "by its bytes, since it does not say" };
        format!("its text is {} ({by})", self.encoding.name())
    }

    /// The next row: `None` where it was deleted, a fault where a value is not what its
    /// column says.
    pub(super) fn next(&mut self) -> Result<Option<Result<Vec<Value>, String>>, String> {
        if self.left == 0 {
            return Err("the .dbf has fewer rows than the .shp has shapes".to_owned());
        }
        self.left -= 1;
        let read = (&mut self.ahead).chain(&mut self.input).read_exact(&mut self.record);
        read.map_err(|e| format!("the .dbf ends: {e}"))?;
        if self.record[0] == b'*' {
            return Ok(None);
        }
        let mut values = Vec::with_capacity(self.fields.len());
        let mut at = 1;
        for field in &self.fields {
            let bytes = &self.record[at..at + field.length];
            at += field.length;
            match self.value(field, bytes) {
                Ok(value) => values.push(value),
                Err(detail) => {
                    return Ok(Some(Err(format!("{} {detail}", self.text(&field.name)))));
                }
            }
        }
        Ok(Some(Ok(values)))
    }

    fn text(&self, bytes: &[u8]) -> String {
        let (text, _) = self.encoding.decode_without_bom_handling(bytes);
        text.trim_matches(['\0', ' ']).to_owned()
    }

    fn value(&self, field: &Field, bytes: &[u8]) -> Result<Value, String> {
        Ok(match (field.kind, bytes) {
            (b'N' | b'F', _) => {
                let text = self.text(bytes);
                // Stars are a number that had no room.
                if text.is_empty() || text.starts_with('*') {
                    Value::Null
                } else if let Ok(number) = text.parse() {
                    Value::Integer(number)
                } else {
                    let number = text.replace(',', ".").parse::<f64>();
                    let number = number.ok().filter(|n| n.is_finite());
                    Value::Number(number.ok_or_else(|| format!("\"{text}\" is not a number"))?)
                }
            }
            (b'D', _) => {
                let text = self.text(bytes);
                if text.is_empty() || text.bytes().all(|b| b == b'0') {
                    Value::Null
                } else if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
                    Value::Text(format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]))
                } else {
                    return Err(format!("\"{text}\" is not a date"));
                }
            }
            (b'L', [b'T' | b't' | b'Y' | b'y', ..]) => Value::Bool(true),
            (b'L', [b'F' | b'f' | b'N' | b'n', ..]) => Value::Bool(false),
            (b'I' | b'+', [a, b, c, d]) => {
                Value::Integer(i32::from_le_bytes([*a, *b, *c, *d]).into())
            }
            (b'C', _) => {
                let text = self.text(bytes);
                if text.is_empty() { Value::Null } else { Value::Text(text) }
            }
            // Notes in a file of their own, pictures, and what nobody writes any more.
            _ => Value::Null,
        })
    }
}

/// The encoding that a `.cpg` names.
fn by_name(cpg: &str) -> Option<&'static Encoding> {
    let name = cpg.trim().trim_start_matches('\u{feff}').to_ascii_lowercase();
    match name.trim_start_matches("cp").trim_start_matches("ansi ") {
        "936" | "54936" => Some(GB18030),
        "950" => Some(BIG5),
        "932" => Some(SHIFT_JIS),
        "949" => Some(EUC_KR),
        "65001" => Some(UTF_8),
        "1251" => Some(WINDOWS_1251),
        "1252" | "88591" => Some(WINDOWS_1252),
        _ => Encoding::for_label(name.as_bytes()),
    }
    // GB18030 holds GBK.
    .map(|e| if e == encoding_rs::GBK { GB18030 } else { e })
}

/// The encoding that a byte of the header names; many programs write one that means nothing.
fn by_mark(mark: u8) -> Option<&'static Encoding> {
    match mark {
        0x4d | 0x7a => Some(GB18030),
        0x4f | 0x78 => Some(BIG5),
        0x13 | 0x7b => Some(SHIFT_JIS),
        0x4e | 0x79 => Some(EUC_KR),
        0xc9 => Some(WINDOWS_1251),
        _ => None,
    }
}

/// UTF-8 where the bytes are, or GB18030. A character that was cut at the end of a column
/// counts against neither.
fn guess(names: &[u8], rows: &[u8]) -> &'static Encoding {
    let utf8 = |bytes: &[u8]| {
        let (mut broken, mut whole) = (0, 0);
        for chunk in bytes.utf8_chunks() {
            broken += usize::from(!chunk.invalid().is_empty());
            whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        }
        broken * 10 <= whole
    };
    if utf8(names) && utf8(rows) { UTF_8 } else { GB18030 }
}
