//! The writing of protocol buffers, as far as tiles and glyphs need it
//! (<https://protobuf.dev/programming-guides/encoding/>).

/// A number as a varint, of one to five bytes.
pub fn varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Bytes of a number as a varint.
pub const fn bytes_of(value: u32) -> u32 {
    (38 - (value | 1).leading_zeros()) / 7
}

/// A signed number, so that small ones of either sign are short.
pub const fn zigzag(value: i32) -> u32 {
    (value << 1 ^ value >> 31) as u32
}

/// A field of bytes: its tag, their length, the bytes.
pub fn sized(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag);
    varint(out, bytes.len() as u32);
    out.extend_from_slice(bytes);
}

/// A field that is a number.
pub fn number(out: &mut Vec<u8>, tag: u8, value: u32) {
    out.push(tag);
    varint(out, value);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_number_has_as_many_bytes_as_it_is_said_to_have(value in any::<u32>(), shift in 0..32) {
            let mut out = Vec::new();
            varint(&mut out, value >> shift);
            prop_assert_eq!(bytes_of(value >> shift) as usize, out.len());
        }
    }
}
