//! From the words of a filter to what is held against records.

use std::borrow::Cow;

use jiff::tz::TimeZone;

use super::expr::{Comparison, Node, Operand, Target, fold};
use super::like::Pattern;
use super::token::{Token, cut};
use super::{CqlError, Expr, MAX_DEPTH, MAX_TERMS};
use crate::features::{Collection, Crs, Kind, Value, select};
use crate::geo::LonLat;

/// What a filter is read against.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// Whose properties it may name.
    pub collection: Collection,
    /// The city's clocks: a time stands for its day there.
    pub zone: &'a TimeZone,
    /// In what system its coordinates are.
    pub crs: Crs,
}

/// Reads a filter.
///
/// # Errors
/// It is no CQL2 text of the classes that are read, names what the collection does not
/// have, compares what cannot be compared, or is too long or too deep.
pub fn parse(text: &str, ground: Ground<'_>) -> Result<Expr, CqlError> {
    let end = text.chars().count() + 1;
    let mut parser = Parser { tokens: cut(text)?, next: 0, end, terms: 0, depth: 0, ground };
    let node = parser.either()?;
    match parser.peek() {
        None => Ok(Expr(node)),
        Some(_) => Err(parser.expected("AND, OR or the end")),
    }
}

struct Parser<'a> {
    tokens: Vec<(usize, Token)>,
    next: usize,
    /// The place after the last character.
    end: usize,
    terms: usize,
    depth: usize,
    ground: Ground<'a>,
}

type Read<T> = Result<T, CqlError>;

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(at, _)| *at)
    }

    fn expected(&self, what: &str) -> CqlError {
        CqlError::new(self.at(), format!("{what} is expected here"))
    }

    /// Whether the next token is this keyword, in any case; takes it if so.
    fn word(&mut self, keyword: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Word(w)) if w.eq_ignore_ascii_case(keyword));
        self.next += usize::from(is);
        is
    }

    fn sign(&mut self, sign: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Sign(s)) if *s == sign);
        self.next += usize::from(is);
        is
    }

    fn needed(&mut self, sign: &str) -> Read<()> {
        if self.sign(sign) { Ok(()) } else { Err(self.expected(sign)) }
    }

    fn needed_word(&mut self, keyword: &str) -> Read<()> {
        if self.word(keyword) { Ok(()) } else { Err(self.expected(keyword)) }
    }

    /// Whether the next two tokens are this function's name and a parenthesis; takes both.
    fn function(&mut self, name: &str) -> bool {
        let opens = matches!(self.tokens.get(self.next + 1), Some((_, Token::Sign("("))));
        let is = opens && self.word(name);
        self.next += usize::from(is);
        is
    }

    fn term(&mut self) -> Read<()> {
        self.terms += 1;
        let detail = format!("the filter has more than {MAX_TERMS} comparisons");
        if self.terms > MAX_TERMS { Err(CqlError::new(self.at(), detail)) } else { Ok(()) }
    }

    /// One level deeper, or too deep. What goes wrong ends the reading, so that only
    /// what went well comes up again.
    fn deeper(&mut self) -> Read<()> {
        self.depth += 1;
        let detail = format!("the filter is nested more than {MAX_DEPTH} deep");
        if self.depth > MAX_DEPTH { Err(CqlError::new(self.at(), detail)) } else { Ok(()) }
    }

    fn either(&mut self) -> Read<Node> {
        self.deeper()?;
        let mut parts = vec![self.all()?];
        while self.word("OR") {
            parts.push(self.all()?);
        }
        self.depth -= 1;
        Ok(if parts.len() == 1 { parts.swap_remove(0) } else { Node::Any(parts) })
    }

    fn all(&mut self) -> Read<Node> {
        let mut parts = vec![self.factor()?];
        while self.word("AND") {
            parts.push(self.factor()?);
        }
        Ok(if parts.len() == 1 { parts.swap_remove(0) } else { Node::All(parts) })
    }

    fn factor(&mut self) -> Read<Node> {
        let mut negated = false;
        while self.word("NOT") {
            negated = !negated;
        }
        let part = self.primary()?;
        Ok(if negated { Node::Not(Box::new(part)) } else { part })
    }

    fn primary(&mut self) -> Read<Node> {
        if self.sign("(") {
            let node = self.either()?;
            self.needed(")")?;
            return Ok(node);
        }
        self.term()?;
        if self.function("S_INTERSECTS") {
            return self.meets();
        }
        self.predicate()
    }

    fn predicate(&mut self) -> Read<Node> {
        let at = self.at();
        let left = self.scalar()?;
        if let Some(Token::Sign(sign)) = self.peek()
            && let Some(comparison) = Comparison::parse(sign)
        {
            self.next += 1;
            let right = self.scalar_like(&left)?;
            return Ok(Node::Compare(left, comparison, right));
        }
        if self.word("IS") {
            let negated = self.word("NOT");
            self.needed_word("NULL")?;
            let node = Node::IsNull(left);
            return Ok(if negated { Node::Not(Box::new(node)) } else { node });
        }
        let negated = self.word("NOT");
        let node = if self.word("LIKE") {
            if left.kind() != Kind::Text {
                let detail = format!("LIKE compares texts, and this is {}", left.kind().name());
                return Err(CqlError::new(at, detail));
            }
            Node::Like(left, self.pattern()?)
        } else if self.word("BETWEEN") {
            let from = self.scalar_like(&left)?;
            self.needed_word("AND")?;
            let to = self.scalar_like(&left)?;
            Node::Between(left, from, to)
        } else if self.word("IN") {
            self.needed("(")?;
            let mut list = vec![self.scalar_like(&left)?];
            while self.sign(",") {
                self.term()?;
                list.push(self.scalar_like(&left)?);
            }
            self.needed(")")?;
            Node::In(left, list)
        } else if let (Operand::Constant(Value::Flag(yes)), false) = (&left, negated) {
            Node::Is(*yes)
        } else {
            return Err(self.expected("a comparison, LIKE, BETWEEN, IN or IS NULL"));
        };
        Ok(if negated { Node::Not(Box::new(node)) } else { node })
    }

    /// A scalar of the kind of another.
    fn scalar_like(&mut self, other: &Operand) -> Read<Operand> {
        let at = self.at();
        let scalar = self.scalar()?;
        if scalar.kind() == other.kind() {
            return Ok(scalar);
        }
        let (this, that) = (scalar.kind().name(), other.kind().name());
        let hint = match other.kind() {
            Kind::Text => "; texts stand between single quotes",
            Kind::Day => "; days are written DATE('2026-01-31')",
            Kind::Number | Kind::Flag => "",
        };
        Err(CqlError::new(at, format!("{this} is compared with {that}{hint}")))
    }

    fn scalar(&mut self) -> Read<Operand> {
        let at = self.at();
        if self.function("CASEI") {
            self.deeper()?;
            let inner = self.scalar()?;
            self.depth -= 1;
            self.needed(")")?;
            if inner.kind() != Kind::Text {
                let detail = format!("CASEI takes a text, and this is {}", inner.kind().name());
                return Err(CqlError::new(at, detail));
            }
            return Ok(Operand::Folded(Box::new(inner)));
        }
        for name in ["DATE", "TIMESTAMP"] {
            if self.function(name) {
                return self.day(name);
            }
        }
        let constant = |value| Ok(Operand::Constant(value));
        let Some((_, token)) = self.tokens.get(self.next) else {
            return Err(self.expected("a property or a value"));
        };
        let token = token.clone();
        self.next += 1;
        match token {
            Token::Text(text) => constant(Value::Text(Cow::Owned(text))),
            Token::Number(number) => constant(Value::Number(number)),
            Token::Word(word) if word.eq_ignore_ascii_case("TRUE") => constant(Value::Flag(true)),
            Token::Word(word) if word.eq_ignore_ascii_case("FALSE") => constant(Value::Flag(false)),
            Token::Word(name) | Token::Name(name) => self.property(at, &name),
            Token::Sign(_) => {
                self.next -= 1;
                Err(self.expected("a property or a value"))
            }
        }
    }

    fn property(&self, at: usize, name: &str) -> Read<Operand> {
        let collection = self.ground.collection;
        if let Some(property) = collection.property(name) {
            return Ok(Operand::Property(property));
        }
        if matches!(self.peek(), Some(Token::Sign("("))) {
            let known = "CASEI, DATE, TIMESTAMP and S_INTERSECTS";
            let detail = format!("there is no function \"{name}\"; there are {known}");
            return Err(CqlError::new(at, detail));
        }
        let known: Vec<&str> = collection.properties().iter().map(|p| p.name).collect();
        let known = known.join(", ");
        Err(CqlError::new(at, format!("\"{name}\" is not a property; the properties are {known}")))
    }

    /// The rest of `DATE('…')` or `TIMESTAMP('…')`.
    fn day(&mut self, function: &str) -> Read<Operand> {
        let at = self.at();
        let example = if function == "DATE" { "2026-01-31" } else { "2026-01-31T09:00:00Z" };
        let wrong = || CqlError::new(at, format!("{function} takes a text such as '{example}'"));
        let Some(Token::Text(text)) = self.peek() else { return Err(wrong()) };
        let is_time = text.contains(['T', 't']);
        let day = select::day(text, self.ground.zone).filter(|_| is_time == (function != "DATE"));
        let day = day.ok_or_else(wrong)?;
        self.next += 1;
        self.needed(")")?;
        Ok(Operand::Constant(Value::Day(day)))
    }

    /// A pattern, or `CASEI` of one.
    fn pattern(&mut self) -> Read<Pattern> {
        let folded = self.function("CASEI");
        let Some(Token::Text(text)) = self.peek() else {
            return Err(self.expected("a pattern between single quotes"));
        };
        let pattern = Pattern::new(&if folded { fold(text) } else { text.clone() });
        self.next += 1;
        if folded {
            self.needed(")")?;
        }
        Ok(pattern)
    }

    /// The rest of `S_INTERSECTS(`: the geometry and a literal, in either order.
    fn meets(&mut self) -> Read<Node> {
        let first = self.geometry()?;
        self.needed(",")?;
        let at = self.at();
        let second = self.geometry()?;
        self.needed(")")?;
        match (first, second) {
            (None, Some(target)) | (Some(target), None) => Ok(Node::Meets(target)),
            _ => {
                let detail = "S_INTERSECTS takes geometry and one of POINT and BBOX";
                Err(CqlError::new(at, detail))
            }
        }
    }

    /// A literal, or `None` for the geometry of the feature.
    fn geometry(&mut self) -> Read<Option<Target>> {
        let at = self.at();
        if self.function("BBOX") {
            let numbers = self.numbers(true)?;
            let boxes = select::boxes(&numbers, self.ground.crs);
            let detail =
                "BBOX takes two corners, the lower left one first, in the order of the axes";
            return boxes.map(|b| Some(Target::Boxes(b))).ok_or_else(|| CqlError::new(at, detail));
        }
        if self.function("POINT") {
            let numbers = self.numbers(false)?;
            let position = match numbers[..] {
                [a, b] | [a, b, _] => self.ground.crs.read([a, b]),
                _ => None,
            };
            let detail = "POINT takes the two numbers of a position, without a comma";
            let position: LonLat = position.ok_or_else(|| CqlError::new(at, detail))?;
            return Ok(Some(Target::Point(position)));
        }
        match self.peek() {
            Some(Token::Word(name) | Token::Name(name)) if name == "geometry" => {
                self.next += 1;
                Ok(None)
            }
            _ => Err(self.expected("geometry, POINT(…) or BBOX(…)")),
        }
    }

    /// Numbers up to the closing parenthesis.
    fn numbers(&mut self, commas: bool) -> Read<Vec<f64>> {
        let mut numbers = Vec::new();
        loop {
            let Some(Token::Number(number)) = self.peek() else {
                return Err(self.expected("a number"));
            };
            numbers.push(*number);
            self.next += 1;
            if self.sign(")") {
                return Ok(numbers);
            }
            if commas {
                self.needed(",")?;
            }
        }
    }
}
