//! Opening hours in words, as rules where that is not a guess.
//!
//! `周一至周五 9:00-12:00，13:30-17:30` means one thing; `9:00-17:00` does not say on which
//! days, `夏季` does not say from when, and a remark in brackets may take back what stands
//! before it. A text of which every word is understood becomes rules. Any other is kept as
//! it is, as a comment: the syntax of OpenStreetMap has `unknown "…"` for hours that only
//! people can read, which are never taken for open or closed.

mod tokens;

use std::fmt::Write as _;

use tokens::{Token, Tokens};

use crate::city::Calendar;
use crate::city::hours::Hours;

/// Days of a week as bits, Monday first.
type Days = u8;
const WEEK: Days = 0b111_1111;
const NAMES: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
const DAY: u16 = 24 * 60;

/// Opening hours in the syntax of OpenStreetMap, and how they came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// They were in that syntax already.
    Rules(String),
    /// The words mean this.
    Understood(String),
    /// The words, kept for people.
    Words(String),
}

impl Said {
    /// What is kept.
    pub fn into_text(self) -> String {
        match self {
            Self::Rules(text) | Self::Understood(text) | Self::Words(text) => text,
        }
    }
}

/// Reads opening hours. With `rules` the text is taken for rules if it is some; words are
/// understood where they mean one thing, and kept where they do not. `None` for no words.
pub fn hours(text: &str, rules: bool) -> Option<Said> {
    let text = text.trim();
    let parses = |text: &str| Hours::parse(text, &Calendar::default()).is_ok();
    if let Some(words) = comment_alone(text) {
        return kept(words).map(Said::Words);
    }
    if rules && !text.is_empty() && parses(text) {
        return Some(Said::Rules(text.to_owned()));
    }
    match understand(text).filter(|understood| parses(understood)) {
        Some(understood) => Some(Said::Understood(understood)),
        None => kept(text).map(Said::Words),
    }
}

/// The words of rules that are only a comment. The crate that reads rules takes these for
/// always open.
fn comment_alone(text: &str) -> Option<&str> {
    let text = text.strip_prefix("unknown").unwrap_or(text).trim_start();
    let words = text.strip_prefix('"')?.strip_suffix('"')?;
    (!words.contains('"')).then_some(words)
}

/// Words as a comment of the syntax, which knows no escapes.
fn kept(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    (!words.is_empty()).then(|| format!("unknown \"{}\"", words.join(" ").replace('"', "'")))
}

/// What is said of some days.
#[derive(Debug, PartialEq, Eq)]
struct Clause {
    days: Days,
    /// Also on public holidays.
    holidays: bool,
    /// Stretches in minutes from midnight; none where it is closed.
    stretches: Vec<(u16, u16)>,
}

/// The rules that a text means, where it means one thing.
fn understand(text: &str) -> Option<String> {
    let mut tokens = Tokens::of(text)?;
    let mut clauses: Vec<Clause> = Vec::new();
    let mut holidays_off = false;
    while tokens.peek().is_some() {
        match tokens.peek()? {
            Token::AllWays => {
                tokens.next();
                // Always open and something else besides: which of the two?
                return (clauses.is_empty() && tokens.peek().is_none()).then(|| "24/7".to_owned());
            }
            Token::HolidaysExcepted => {
                tokens.next();
                holidays_off = true;
            }
            Token::Holidays => {
                tokens.next();
                (tokens.next()? == Token::Closed).then_some(())?;
                holidays_off = true;
            }
            _ => {
                let (clause, off) = clause(&mut tokens)?;
                holidays_off |= off;
                add(&mut clauses, clause)?;
            }
        }
    }
    let open = clauses.iter().any(|clause| !clause.stretches.is_empty());
    // What is closed on some days is not thereby open on the others.
    (open && !(holidays_off && clauses.iter().any(|c| c.holidays))).then_some(())?;
    Some(written(&clauses, holidays_off))
}

/// Days and what is on them; also whether they leave out public holidays.
fn clause(tokens: &mut Tokens) -> Option<(Clause, bool)> {
    let (mut days, mut holidays, mut workdays) = (0, false, false);
    loop {
        match tokens.peek() {
            Some(Token::Days(more)) => days |= more,
            Some(Token::Workdays) => (days, workdays) = (days | 0b001_1111, true),
            Some(Token::EveryDay) => days |= WEEK,
            Some(Token::AllYear) => (days, holidays) = (WEEK, true),
            _ => break,
        }
        tokens.next();
        // `周一至周五、周日`: more days follow.
        if !(tokens.peek() == Some(Token::And) && tokens.second().is_some_and(Token::is_days)) {
            break;
        }
        tokens.next();
    }
    (days != 0).then_some(())?;
    if tokens.peek() == Some(Token::Closed) {
        tokens.next();
        return (!workdays && !holidays)
            .then_some((Clause { days, holidays, stretches: Vec::new() }, false));
    }
    let mut stretches = Vec::new();
    loop {
        let half = match tokens.peek() {
            Some(Token::Half(half)) => {
                tokens.next();
                half
            }
            _ => tokens::Half::None,
        };
        match tokens.peek() {
            Some(Token::WholeDay) => stretches.push((0, DAY)),
            Some(Token::Stretch(from, to)) => stretches.push(half.of(from, to)?),
            _ => return None,
        }
        tokens.next();
        if tokens.peek() == Some(Token::And) && tokens.second().is_some_and(Token::is_time) {
            tokens.next();
        }
        if !tokens.peek().is_some_and(Token::is_time) {
            break;
        }
    }
    in_order(&stretches).then_some((Clause { days, holidays, stretches }, workdays))
}

/// Stretches of a day one after the other, of which only the last may reach past midnight.
fn in_order(stretches: &[(u16, u16)]) -> bool {
    let apart = stretches.windows(2).all(|pair| pair[0].1 <= pair[1].0 && pair[0].0 < pair[0].1);
    apart && stretches.last().is_some_and(|(from, to)| from != to)
}

/// Takes in a clause. A later one on the same days adds to an earlier, and a closed day is
/// an exception; days that are partly the same contradict each other.
fn add(clauses: &mut Vec<Clause>, clause: Clause) -> Option<()> {
    if clause.stretches.is_empty() {
        clauses.push(clause);
        return Some(());
    }
    if let Some(earlier) = clauses.iter_mut().find(|c| c.days & clause.days != 0) {
        (earlier.days == clause.days && !earlier.stretches.is_empty()).then_some(())?;
        earlier.stretches.extend(&clause.stretches);
        return in_order(&earlier.stretches).then_some(());
    }
    clauses.push(clause);
    Some(())
}

fn written(clauses: &[Clause], holidays_off: bool) -> String {
    let mut rules: Vec<String> = Vec::new();
    for clause in clauses {
        let mut rule = days_written(clause.days);
        if clause.holidays {
            rule.push_str(",PH");
        }
        let times: Vec<String> = clause.stretches.iter().map(|s| stretch_written(*s)).collect();
        let _ = write!(rule, " {}", if times.is_empty() { "off".into() } else { times.join(",") });
        rules.push(rule);
    }
    if holidays_off {
        rules.push("PH off".to_owned());
    }
    rules.join("; ")
}

/// `Mo-Fr,Su`.
fn days_written(days: Days) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut day = 0;
    while day < 7 {
        let run = (day..7).take_while(|d| days & (1 << d) != 0).count();
        match run {
            0 => {}
            1 => parts.push(NAMES[day].to_owned()),
            2 => parts.extend([NAMES[day].to_owned(), NAMES[day + 1].to_owned()]),
            _ => parts.push(format!("{}-{}", NAMES[day], NAMES[day + run - 1])),
        }
        day += run.max(1);
    }
    parts.join(",")
}

fn stretch_written((from, to): (u16, u16)) -> String {
    format!("{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
}

#[cfg(test)]
mod tests;
