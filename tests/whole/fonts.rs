//! Glyph files, read by a reader of protocol buffers that knows nothing of how they are made.

use std::collections::BTreeMap;

use crate::harness::{Server, escaped};

/// The fields of a message: numbers, and bytes.
fn fields(mut bytes: &[u8]) -> Vec<(u64, u64, &[u8])> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let (byte, rest) = bytes.split_first().unwrap();
            *bytes = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        value
    }
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let value = varint(&mut bytes);
        let (content, rest) = match tag & 7 {
            0 => bytes.split_at(0),
            2 => bytes.split_at(value as usize),
            wire => panic!("wire type {wire}"),
        };
        bytes = rest;
        all.push((tag >> 3, value, content));
    }
    all
}

/// A character of a file.
#[derive(Debug)]
struct Glyph {
    width: u64,
    height: u64,
    advance: u64,
    bitmap: Vec<u8>,
}

/// The characters of a file.
fn glyphs(file: &[u8]) -> BTreeMap<char, Glyph> {
    let stacks = fields(file);
    assert_eq!(stacks.len(), 1);
    let stack = fields(stacks[0].2);
    assert_eq!((stack[0].0, stack[0].2), (1, "Noto Sans SC".as_bytes()));
    assert_eq!(stack[1].0, 2);
    let glyph = |(field, _, message): &(u64, u64, &[u8])| {
        assert_eq!(*field, 3);
        let message = fields(message);
        let number = |field| message.iter().find(|(f, ..)| *f == field).unwrap().1;
        let bitmap = message.iter().find(|(f, ..)| *f == 2).map(|(.., b)| b.to_vec());
        let bitmap = bitmap.unwrap_or_default();
        let glyph = Glyph { width: number(3), height: number(4), advance: number(7), bitmap };
        (char::from_u32(number(1) as u32).unwrap(), glyph)
    };
    stack[2..].iter().map(glyph).collect()
}

#[test]
fn a_client_draws_latin_and_chinese_letters_by_the_glyphs_of_this_server() {
    let server = Server::start();
    let get = |path: &str| server.get(&escaped(path));
    let latin = get("/fonts/Noto Sans SC Regular/0-255.pbf");
    assert_eq!(latin.status, 200, "{}", latin.text());
    assert_eq!(latin.header("content-type"), "application/x-protobuf");
    let letters = glyphs(&latin.body);
    assert!(letters.len() > 180, "{}", letters.len());
    for (id, glyph) in &letters {
        let empty = glyph.bitmap.is_empty();
        assert_eq!(empty, (glyph.width, glyph.height) == (0, 0), "{id}");
        let pixels = (glyph.width + 6) * (glyph.height + 6);
        assert!(empty || glyph.bitmap.len() as u64 == pixels, "{id}");
    }
    assert!(letters[&'m'].advance > 2 * letters[&'i'].advance, "an m is wider than an i");
    assert!(letters[&' '].bitmap.is_empty() && letters[&' '].advance > 3);
    // A full stop is high in its middle, and low in the corner.
    let stop = &letters[&'.'];
    let middle = (stop.height / 2 + 3) * (stop.width + 6) + stop.width / 2 + 3;
    assert!(stop.bitmap[middle as usize] > 191 && stop.bitmap[0] < 150, "{stop:?}");

    let chinese = glyphs(&get("/fonts/Other,Noto Sans SC/19968-20223.pbf").body);
    let one = &chinese[&'一'];
    assert!(chinese.len() > 200 && one.advance == 24 && one.width > 2 * one.height, "{one:?}");

    let tag = [("if-none-match", latin.header("etag"))];
    let again = server.get_with(&escaped("/fonts/Noto Sans SC/0-255.pbf"), &tag);
    assert_eq!(again.status, 304);
    assert_eq!(get("/fonts/Noto Sans SC/1-256.pbf").problem(400), ["range"]);
    assert_eq!(get("/fonts/Noto Sans SC/0-255").problem(400), ["range"]);
    get("/fonts/Comic/0-255.pbf").problem(404);
    let style = server.json("/styles/citizen.json?fonts=glyphs");
    let address = style["glyphs"].as_str().unwrap();
    assert!(address.ends_with("/fonts/{fontstack}/{range}.pbf"), "{address}");
    assert!(server.json("/styles/citizen.json")["glyphs"].is_null());
}
