//! Words of opening hours.

use unicode_normalization::UnicodeNormalization;

use super::{DAY, Days, WEEK};

/// A longer text is no plain statement of hours.
const MAX_CHARS: usize = 400;

/// A word that is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Days(Days),
    /// Monday to Friday but for public holidays.
    Workdays,
    EveryDay,
    /// Every day, public holidays included.
    AllYear,
    Holidays,
    /// Closed on public holidays.
    HolidaysExcepted,
    Closed,
    WholeDay,
    /// Around the clock on every day.
    AllWays,
    Half(Half),
    /// From and to, minutes from midnight, as written.
    Stretch(u16, u16),
    /// A separator.
    And,
}

impl Token {
    pub(super) fn is_days(self) -> bool {
        matches!(self, Self::Days(_) | Self::Workdays | Self::EveryDay | Self::AllYear)
    }

    pub(super) fn is_time(self) -> bool {
        matches!(self, Self::Half(_) | Self::Stretch(..) | Self::WholeDay)
    }
}

/// Half of a day that a time is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    None,
    Morning,
    Afternoon,
}

impl Half {
    /// The stretch that was written, on the clock of 24 hours; `None` where it is not clear.
    pub(super) fn of(self, from: u16, to: u16) -> Option<(u16, u16)> {
        const NOON: u16 = DAY / 2;
        match self {
            Self::Morning => (from < to && to <= NOON + 60).then_some((from, to)),
            Self::Afternoon => {
                let later = |t: u16| if t < NOON { t + NOON } else { t };
                let (from, to) = (later(from), later(to));
                (from < to).then_some((from, to))
            }
            // `22:00-6:00` is a night; `9:00-5:00` may be an afternoon.
            Self::None if from < to => Some((from, to)),
            Self::None => (from >= NOON + 6 * 60 && to <= 9 * 60).then_some((from, to)),
        }
    }
}

/// The words of a text, read one by one.
pub(super) struct Tokens {
    tokens: Vec<Token>,
    at: usize,
}

/// Words that mean one thing, the longer before those that they begin with.
const WORDS: [(&str, Token); 46] = [
    ("法定节假日除外", Token::HolidaysExcepted),
    ("法定节假日休息", Token::HolidaysExcepted),
    ("节假日除外", Token::HolidaysExcepted),
    ("节假日休息", Token::HolidaysExcepted),
    ("法定节假日", Token::Holidays),
    ("法定假日", Token::Holidays),
    ("节假日", Token::Holidays),
    ("公众假期", Token::Holidays),
    ("每天24小时", Token::AllWays),
    ("全天24小时", Token::AllWays),
    ("24小时服务", Token::AllWays),
    ("24小时营业", Token::AllWays),
    ("24小时开放", Token::AllWays),
    ("24小时", Token::AllWays),
    ("全天候", Token::AllWays),
    ("24/7", Token::AllWays),
    ("全年无休", Token::AllYear),
    ("法定工作日", Token::Workdays),
    ("工作日", Token::Workdays),
    ("weekdays", Token::Workdays),
    ("每天", Token::EveryDay),
    ("每日", Token::EveryDay),
    ("daily", Token::EveryDay),
    ("双休日", Token::Days(0b110_0000)),
    ("周末", Token::Days(0b110_0000)),
    ("不对外办公", Token::Closed),
    ("不办公", Token::Closed),
    ("不开放", Token::Closed),
    ("休息", Token::Closed),
    ("闭馆", Token::Closed),
    ("关闭", Token::Closed),
    ("公休", Token::Closed),
    ("closed", Token::Closed),
    ("全天", Token::WholeDay),
    ("上午", Token::Half(Half::Morning)),
    ("早上", Token::Half(Half::Morning)),
    ("下午", Token::Half(Half::Afternoon)),
    ("晚上", Token::Half(Half::Afternoon)),
    ("am", Token::Half(Half::Morning)),
    ("pm", Token::Half(Half::Afternoon)),
    (",", Token::And),
    (";", Token::And),
    ("、", Token::And),
    ("。", Token::And),
    ("和", Token::And),
    ("及", Token::And),
];

/// Words before a text that say nothing more than that hours follow.
const PREFIXES: [&str; 7] =
    ["对外办公时间", "办公时间", "开放时间", "工作时间", "营业时间", "服务时间", "接待时间"];

impl Tokens {
    /// `None` where a word is not understood.
    pub(super) fn of(text: &str) -> Option<Self> {
        let plain: String = text.nfkc().flat_map(char::to_lowercase).take(MAX_CHARS + 1).collect();
        (plain.chars().count() <= MAX_CHARS).then_some(())?;
        let mut rest = plain.trim();
        for prefix in PREFIXES {
            if let Some(after) = rest.strip_prefix(prefix) {
                rest = after.trim_start_matches([':', ' ']);
            }
        }
        let mut tokens = Vec::new();
        loop {
            // A bracket around a word that is understood changes nothing.
            rest = rest.trim_start_matches([' ', '\n', '\r', '\t', ':', '(', ')']);
            if rest.is_empty() {
                break;
            }
            let (token, after) = day(rest).or_else(|| word(rest)).or_else(|| stretch(rest))?;
            // One separator is as good as two.
            if token != Token::And || tokens.last() != Some(&Token::And) {
                tokens.push(token);
            }
            rest = after;
        }
        Some(Self { tokens, at: 0 })
    }

    /// The next word. Separators count only between days and between times: elsewhere they
    /// are passed over.
    pub(super) fn peek(&mut self) -> Option<Token> {
        while self.tokens.get(self.at) == Some(&Token::And) && !self.joins(self.at) {
            self.at += 1;
        }
        self.tokens.get(self.at).copied()
    }

    fn joins(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|at| self.tokens.get(at));
        match (before, self.tokens.get(at + 1)) {
            (Some(a), Some(b)) => (a.is_days() && b.is_days()) || (a.is_time() && b.is_time()),
            _ => false,
        }
    }

    /// The word after the next.
    pub(super) fn second(&self) -> Option<Token> {
        self.tokens.get(self.at + 1).copied()
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }
}

fn word(text: &str) -> Option<(Token, &str)> {
    WORDS.iter().find_map(|(word, token)| Some((*token, text.strip_prefix(word)?)))
}

/// Days of the week: `周一`, `星期一至五`, `周一、三、五`, `mon-fri`.
fn day(text: &str) -> Option<(Token, &str)> {
    let (first, mut rest) = one_day(text)?;
    let mut days: Days = 1 << first;
    if let Some(after) = range_mark(rest)
        && let Some((last, after)) = one_day(after).or_else(|| bare_day(after))
    {
        (first < last).then_some(())?;
        days = (first..=last).fold(0, |days, day| days | (1 << day));
        rest = after;
    }
    // `周一、三、五`: only a separator of words, and only a day that nothing follows which
    // would make it a number.
    while let Some(after) = rest.trim_start().strip_prefix(['、', ',']) {
        let Some((next, after)) = bare_day(after.trim_start()) else { break };
        days |= 1 << next;
        rest = after;
    }
    let token = if days == WEEK { Token::EveryDay } else { Token::Days(days) };
    Some((token, rest))
}

fn one_day(text: &str) -> Option<(u8, &str)> {
    const ENGLISH: [[&str; 2]; 7] = [
        ["monday", "mon"],
        ["tuesday", "tue"],
        ["wednesday", "wed"],
        ["thursday", "thu"],
        ["friday", "fri"],
        ["saturday", "sat"],
        ["sunday", "sun"],
    ];
    for prefix in ["星期", "礼拜", "周"] {
        if let Some(rest) = text.strip_prefix(prefix) {
            return bare_day(rest);
        }
    }
    ENGLISH.iter().enumerate().find_map(|(day, names)| {
        let rest = names.iter().find_map(|name| text.strip_prefix(name))?;
        (!rest.starts_with(|c: char| c.is_ascii_alphabetic())).then_some((day as u8, rest))
    })
}

fn bare_day(text: &str) -> Option<(u8, &str)> {
    let mut chars = text.chars();
    let day = match chars.next()? {
        '一' => 0,
        '二' => 1,
        '三' => 2,
        '四' => 3,
        '五' => 4,
        '六' => 5,
        '日' | '天' => 6,
        _ => return None,
    };
    Some((day, chars.as_str()))
}

/// What stands between the ends of a range.
fn range_mark(text: &str) -> Option<&str> {
    const MARKS: [&str; 9] = ["--", "—", "-", "–", "~", "〜", "至", "到", "to"];
    let text = text.trim_start();
    // A dash that is written twice is one.
    let rest = MARKS.iter().find_map(|mark| text.strip_prefix(mark))?;
    Some(rest.trim_start_matches(['-', '—', ' ']))
}

fn stretch(text: &str) -> Option<(Token, &str)> {
    let (from, rest) = clock(text)?;
    let rest = range_mark(rest)?;
    let (to, rest) = clock(rest)?;
    (from < DAY && to <= DAY).then_some((Token::Stretch(from, to), rest))
}

/// A time: `9:00`, `9点`, `9时30分`, `9点半`. A number alone is none.
fn clock(text: &str) -> Option<(u16, &str)> {
    let (hour, rest) = number(text)?;
    let (minute, rest) = if let Some(rest) = rest.strip_prefix(':') {
        let (minute, after) = number(rest)?;
        // `9:5` may be five past or fifty past.
        (rest.len() - after.len() == 2).then_some(())?;
        (minute, after)
    } else {
        let rest = rest.strip_prefix(['点', '时'])?;
        if let Some(rest) = rest.strip_prefix('半') {
            (30, rest)
        } else if let Some((minute, after)) = number(rest) {
            (minute, after.strip_prefix('分').unwrap_or(after))
        } else {
            (0, rest.strip_prefix('整').unwrap_or(rest))
        }
    };
    // A second is nobody's opening hour, but spreadsheets write them.
    let rest = rest.strip_prefix(":00").unwrap_or(rest);
    (hour <= 24 && minute < 60).then(|| (hour * 60 + minute, rest))
}

fn number(text: &str) -> Option<(u16, &str)> {
    let end = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let rest = &text[end..];
    (end > 0 && !rest.starts_with(|c: char| c.is_ascii_digit())).then_some(())?;
    Some((text[..end].parse().ok()?, rest))
}
