//! The words and signs of a filter.

use super::CqlError;

/// A word or sign.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A keyword, a function or a property.
    Word(String),
    /// A property between double quotes.
    Name(String),
    /// A text between single quotes.
    Text(String),
    /// A number.
    Number(f64),
    /// A parenthesis, a comma or a comparison.
    Sign(&'static str),
}

/// The longer ones first.
const SIGNS: [&str; 9] = ["<>", "<=", ">=", "(", ")", ",", "=", "<", ">"];

/// Cuts a filter; each token with the place of its first character, from 1.
pub(super) fn cut(text: &str) -> Result<Vec<(usize, Token)>, CqlError> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut i = 0;
    while let Some(&c) = chars.get(i) {
        let at = i + 1;
        let rest = &chars[i..];
        let (token, length) = if c.is_whitespace() {
            i += 1;
            continue;
        } else if c == '\'' || c == '"' {
            quoted(rest, at)?
        } else if let Some(sign) = SIGNS.into_iter().find(|sign| begins(rest, sign)) {
            (Token::Sign(sign), sign.len())
        } else if c.is_ascii_digit() || matches!(c, '+' | '-' | '.') {
            number(rest, at)?
        } else if c.is_alphabetic() || c == '_' || c == ':' {
            let part = |c: &&char| c.is_alphanumeric() || matches!(c, '_' | ':' | '.');
            let word: String = rest.iter().take_while(part).collect();
            let length = word.chars().count();
            (Token::Word(word), length)
        } else {
            return Err(CqlError::new(at, format!("\"{c}\" is no part of a filter")));
        };
        tokens.push((at, token));
        i += length;
    }
    Ok(tokens)
}

fn begins(rest: &[char], sign: &str) -> bool {
    sign.chars().enumerate().all(|(i, c)| rest.get(i) == Some(&c))
}

/// A text or a name; its own quotation mark is written twice, or after a backslash.
fn quoted(rest: &[char], at: usize) -> Result<(Token, usize), CqlError> {
    let mark = rest[0];
    let mut text = String::new();
    let mut i = 1;
    while let Some(&c) = rest.get(i) {
        let next = rest.get(i + 1);
        if (c == mark || c == '\\') && next == Some(&mark) {
            text.push(mark);
            i += 2;
        } else if c == mark {
            let token = if mark == '"' { Token::Name(text) } else { Token::Text(text) };
            return Ok((token, i + 1));
        } else {
            text.push(c);
            i += 1;
        }
    }
    Err(CqlError::new(at, format!("the quotation mark {mark} is not closed")))
}

fn number(rest: &[char], at: usize) -> Result<(Token, usize), CqlError> {
    let mut length = 0;
    while let Some(&c) = rest.get(length) {
        let after_e = length > 0 && matches!(rest[length - 1], 'e' | 'E');
        let sign = matches!(c, '+' | '-') && (length == 0 || after_e);
        if !(sign || c.is_ascii_alphanumeric() || c == '.') {
            break;
        }
        length += 1;
    }
    let text: String = rest[..length].iter().collect();
    let read = text.parse::<f64>().ok().filter(|n| n.is_finite());
    let number = read.ok_or_else(|| CqlError::new(at, format!("\"{text}\" is not a number")))?;
    Ok((Token::Number(number), length))
}
