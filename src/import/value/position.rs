//! Longitudes and latitudes as people write them.

use unicode_normalization::UnicodeNormalization;

/// An angle: decimal degrees, or degrees, minutes and seconds, with a letter of the
/// compass before or behind it.
///
/// # Errors
/// What is wrong with the text.
pub fn degrees(text: &str) -> Result<f64, String> {
    let plain: String = text.nfkc().collect();
    let plain = plain.trim();
    let wrong = || format!("\"{}\" is no angle in degrees", cut(text));
    let (sign, number) = compass(plain).ok_or_else(wrong)?;
    let parts = number.split(['°', '度', '′', '\'', '分', '″', '"', '秒', '’', '”']);
    let parts: Vec<&str> = parts.map(str::trim).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() || parts.len() > 3 {
        return Err(wrong());
    }
    let mut degrees = 0.0;
    let mut negative = sign < 0.0;
    for (part, (unit, least, most)) in
        parts.iter().zip([(1.0, -360.0, 360.0), (60.0, 0.0, 60.0), (3600.0, 0.0, 60.0)])
    {
        // A number and nothing else: `inf`, `nan` and `1e3` are what programs write.
        if part.chars().any(|c| !matches!(c, '0'..='9' | '.' | '-' | '+')) {
            return Err(wrong());
        }
        let value: f64 = part.parse().map_err(|_| wrong())?;
        if !(least..=most).contains(&value) {
            return Err(wrong());
        }
        negative |= part.starts_with('-');
        degrees += value.abs() / unit;
    }
    Ok(if negative { -degrees } else { degrees })
}

/// What stands before or behind a number: -1 for west and south.
fn compass(text: &str) -> Option<(f64, &str)> {
    for (word, sign) in [
        ("东经", 1.0),
        ("北纬", 1.0),
        ("西经", -1.0),
        ("南纬", -1.0),
        ("E", 1.0),
        ("N", 1.0),
        ("W", -1.0),
        ("S", -1.0),
    ] {
        let rest = text.strip_prefix(word).or_else(|| text.strip_suffix(word));
        if let Some(rest) = rest {
            return Some((sign, rest.trim()));
        }
    }
    text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'))
        .then_some((1.0, text))
}

/// Two numbers in one cell, in their order: `116.3,39.9`, `[116.3 39.9]`,
/// `POINT(116.3 39.9)`, `(40.7, -74.0)`.
///
/// # Errors
/// What is wrong with the text.
pub fn pair(text: &str) -> Result<(f64, f64), String> {
    let plain: String = text.nfkc().collect();
    let upper = plain.trim();
    let inner = ["POINT", "Point", "point"].iter().find_map(|word| upper.strip_prefix(word));
    let inner = inner.unwrap_or(upper).trim();
    let inner = inner.trim_matches(['(', ')', '[', ']']).trim();
    let parts = inner.split([',', ';', ' ', '\t', '、']).map(str::trim);
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [first, second] => Ok((degrees(first)?, degrees(second)?)),
        _ => Err(format!("\"{}\" is not two numbers", cut(text))),
    }
}

/// The beginning of a text, for messages.
fn cut(text: &str) -> &str {
    text.char_indices().nth(40).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn angles_are_read_however_they_are_written() {
        for (text, expected) in [
            ("116.3975", 116.3975),
            (" -74.006 ", -74.006),
            ("１１６．５", 116.5),
            ("116.5°", 116.5),
            ("东经116.5度", 116.5),
            ("E116°30′", 116.5),
            ("116°30'36\"E", 116.51),
            ("0.5S", -0.5),
            ("-0°30′", -0.5),
        ] {
            let read = degrees(text).unwrap();
            assert!((read - expected).abs() < 1e-9, "{text}: {read}");
        }
        for text in ["", "x", "inf", "NaN", "1e3", "999", "116°61′", "1°2′3″4", "--1", "11 6"]
        {
            assert!(degrees(text).is_err(), "{text}");
        }
    }

    #[test]
    fn pairs_are_read_in_their_order() {
        for text in ["116.5,39.25", "116.5，39.25", "[116.5, 39.25]", "POINT (116.5 39.25)"] {
            assert_eq!(pair(text), Ok((116.5, 39.25)), "{text}");
        }
        assert_eq!(pair("(40.7, -74.0)"), Ok((40.7, -74.0)));
        assert!(pair("116.5").is_err() && pair("1,2,3").is_err() && pair("a,b").is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_or_invent(text in "\\PC{0,20}") {
            if let Ok(read) = degrees(&text) {
                prop_assert!(read.abs() <= 362.0);
            }
            let _ = pair(&text);
        }

        #[test]
        fn a_decimal_number_is_itself(value in -180.0..180.0f64) {
            let text = format!("{value:.12}");
            let read = degrees(&text).unwrap();
            prop_assert!((read - value).abs() < 1e-12, "{} {}", text, read);
        }
    }
}
