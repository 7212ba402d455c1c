//! The words of tickets: making the index, starting with it, asking it, and how soon a new
//! ticket is found.

use std::error::Error;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::super::progress::Progress;
use super::super::{CommandResult, generate};
use super::{grouped, per_second, row, say};
use crate::city::synthetic::Random;
use crate::city::synthetic::hotline::{self, Hotline, Profile};
use crate::city::{self, City, TicketTexts};
use crate::index::ticket_text::{Kept, TicketText, Wanted, begin, step};
use crate::store::{self, Batch, Store};

/// What to measure.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Options {
    /// Folder of the city pack, of whose places and matters the tickets speak.
    #[arg(long, env = "SERVICEMAP_CITY", value_name = "FOLDER", default_value = "data/beijing")]
    city: std::path::PathBuf,
    /// How many tickets.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    tickets: u64,
    /// Draws the tickets and the questions.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Folder for records and index; the system's folder for temporary files unless given.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<std::path::PathBuf>,
}

/// Tickets of one transaction.
const BATCH: u64 = 20_000;
/// Questions of each kind that one client asks.
const ASKED: usize = 400;
/// Clients at a time, in the second round.
const CLIENTS: usize = 16;
/// New tickets that are looked for.
const NEW: u64 = 40;
/// What callers say whatever it is about; each in some of the tickets.
const USUAL: [&str; 8] = [
    "希望有关部门尽快处理",
    "来电人多次联系没有结果",
    "已经持续很长时间",
    "严重影响正常生活",
    "请核实情况后给来电人答复",
    "来电人对之前的答复不满意",
    "现场一直没有人管理",
    "来电人要求对个人信息保密",
];

pub(super) fn run(options: &Options) -> CommandResult {
    let folder = options.folder.clone().unwrap_or_else(std::env::temp_dir);
    let folder = tempfile::Builder::new().prefix("servicemap-bench-").tempdir_in(folder)?;
    let city = city::load(&options.city)?;
    let speech = Speech::of(&city)?;
    say(&format!("\nthe words of {} synthetic tickets", grouped(options.tickets)));
    let file = folder.path().join("city.gpkg");
    let store = store::open(&file.to_string_lossy(), &city.manifest.id)?;
    fill(store.as_ref(), &city, &speech, options)?;

    let words = folder.path().join("words");
    let before = resident();
    let start = Instant::now();
    let kept = begin(store.as_ref(), Some(&words), &|_| ())?;
    let took = start.elapsed();
    let note = format!("{:.0} s; in the background of a first start", took.as_secs_f64());
    row("index made from nothing", &per_second(kept.view().len() as usize, took), &note);
    let size = size(&words)?;
    let each = format!("{:.0} bytes a ticket", size as f64 / options.tickets as f64);
    row("on the disk", &format!("{:.0} MB", size as f64 / 1e6), &each);
    drop(kept);

    let start = Instant::now();
    let kept = begin(store.as_ref(), Some(&words), &|_| ())?;
    let figure = format!("{:.2} s", start.elapsed().as_secs_f64());
    row("start from the kept folder, checked", &figure, "from the page cache; wanted 2 s");
    if kept.view().len() != options.tickets {
        return Err("the kept folder holds another number of tickets".into());
    }
    let grown = resident().zip(before).map(|(now, before)| now.saturating_sub(before));
    let shown =
        grown.map_or_else(|| "-".to_owned(), |grown| format!("{:.0} MB", grown as f64 / 1e6));
    row("memory of its own, once it is made", &shown, "files are mapped and not counted");

    let view = kept.view();
    let mut random = Random(options.seed);
    for (what, questions) in speech.questions(options.tickets, &mut random) {
        ask(what, &view, &questions)?;
    }
    let found = new_tickets(store.as_ref(), kept, &city, options)?;
    row("a new ticket is found after", &spread(found), "p50, p99, most; wanted 1 s");
    Ok(())
}

/// Writes the tickets into the records.
fn fill(store: &dyn Store, city: &City, speech: &Speech, options: &Options) -> CommandResult {
    let profile = Profile::shipped()?;
    let days = generate::days(None, city.today())?;
    let hotline = Hotline::new(city, &profile, options.seed, options.tickets, days);
    let start = Instant::now();
    let mut progress = Progress::new("writing tickets");
    for from in (0..options.tickets).step_by(BATCH as usize) {
        let mut batch = Batch::by("servicemap bench");
        for number in from..options.tickets.min(from + BATCH) {
            let (ticket, _) = hotline.ticket(number);
            let description = Some(speech.description(&ticket.category, number, options.seed));
            batch = batch.file(ticket, Some(TicketTexts { description, ..TicketTexts::default() }));
        }
        store.write(batch)?;
        progress.tell(from as usize, Some(from as f64 / options.tickets as f64));
    }
    drop(progress);
    row("records written", &per_second(options.tickets as usize, start.elapsed()), "with texts");
    Ok(())
}

/// What callers speak of.
struct Speech {
    places: Vec<String>,
    phrases: Vec<String>,
}

impl Speech {
    fn of(city: &City) -> Result<Self, Box<dyn Error>> {
        let places = city.places.iter().map(|place| place.name.zh.clone()).collect();
        let phrases = city.matters.iter().flat_map(|matter| matter.phrases.clone()).collect();
        let speech = Self { places, phrases };
        if speech.places.is_empty() || speech.phrases.is_empty() {
            return Err("the city has no places or no phrases to speak of".into());
        }
        Ok(speech)
    }

    /// Some sixty characters, and that they are made up.
    fn description(&self, category: &str, number: u64, seed: u64) -> String {
        let mut random = Random(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut one = |of: &[String]| of[random.below(of.len())].clone();
        let (place, phrase) = (one(&self.places), one(&self.phrases));
        let usual = [USUAL[random.below(USUAL.len())], USUAL[random.below(USUAL.len())]];
        let house = 1 + random.below(200);
        let kind = kind(category);
        format!(
            "合成诉求{number}：来电人反映{place}{house}号附近的{kind}问题，涉及{phrase}，{}。{}。",
            usual[0], usual[1]
        )
    }

    /// Questions of each kind, from those that find little to those that find nearly all.
    fn questions(&self, tickets: u64, random: &mut Random) -> Vec<(&'static str, Vec<String>)> {
        let mut some = |make: &mut dyn FnMut(&mut Random) -> String| -> Vec<String> {
            (0..ASKED).map(|_| make(random)).collect()
        };
        let profile = Profile::shipped();
        let kinds: Vec<&str> = profile.iter().flat_map(Profile::codes).map(kind).collect();
        let place = |random: &mut Random| self.places[random.below(self.places.len())].clone();
        let kind_of = |random: &mut Random| {
            kinds.get(random.below(kinds.len().max(1))).copied().unwrap_or("噪声").to_owned()
        };
        vec![
            ("a number", some(&mut |random| random.below(tickets as usize).to_string())),
            ("a place", some(&mut |random| place(random))),
            (
                "a place and a kind",
                some(&mut |random| format!("{} {}", place(random), kind_of(random))),
            ),
            (
                "a phrase",
                some(&mut |random| self.phrases[random.below(self.phrases.len())].clone()),
            ),
            ("a kind", some(&mut |random| kind_of(random))),
            (
                "what every fifth says",
                some(&mut |random| USUAL[random.below(USUAL.len())].to_owned()),
            ),
            ("what all say", some(&mut |_| "来电人反映".to_owned())),
        ]
    }
}

/// What a kind of the profile is called.
fn kind(code: &str) -> &str {
    hotline::kind_name(code).map_or(code, |name| name.zh.as_str())
}

/// Asks each question, of one client and of many at a time.
fn ask(what: &str, view: &TicketText, questions: &[String]) -> CommandResult {
    let wanted: Vec<Wanted> = questions.iter().filter_map(|text| Wanted::read(text)).collect();
    let one = |wanted: &Wanted| -> Result<(Duration, usize), String> {
        let start = Instant::now();
        let found = view.find(wanted).map_err(|e| e.to_string())?;
        Ok((start.elapsed(), found.words.count_ones(..)))
    };
    let alone = wanted.iter().map(one).collect::<Result<Vec<_>, _>>()?;
    let found: usize = alone.iter().map(|(_, found)| found).sum();
    let together = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let own = wanted.iter().skip(client).step_by(CLIENTS);
                scope.spawn(move || own.map(one).collect::<Result<Vec<_>, _>>())
            })
            .collect();
        let mut all = Vec::new();
        for client in clients {
            all.extend(client.join().map_err(|_| "a client panicked")??);
        }
        Ok::<_, String>(all)
    })?;
    let note = format!("finds {} on average", grouped((found / wanted.len().max(1)) as u64));
    let times = |of: Vec<(Duration, usize)>| spread(of.into_iter().map(|(took, _)| took).collect());
    row(&format!("{what}, 1 client"), &times(alone), &note);
    row(&format!("{what}, {CLIENTS} clients"), &times(together), "on the same cores");
    Ok(())
}

/// How long after each of some tickets was written it is found.
fn new_tickets(
    store: &dyn Store,
    mut kept: Kept,
    city: &City,
    options: &Options,
) -> Result<Vec<Duration>, Box<dyn Error>> {
    let profile = Profile::shipped()?;
    let days = generate::days(None, city.today())?;
    let hotline = Hotline::new(city, &profile, options.seed, options.tickets + NEW, days);
    let view = Mutex::new(Arc::new(kept.view()));
    let done = AtomicBool::new(false);
    let publish = |text: Option<Arc<TicketText>>| {
        if let Some(text) = text {
            *view.lock().unwrap_or_else(PoisonError::into_inner) = text;
        }
    };
    thread::scope(|scope| {
        let follower = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                step(store, &mut kept, &publish).map_err(|e| e.to_string())?;
            }
            Ok::<_, String>(())
        });
        let mut times = Vec::new();
        for number in options.tickets..options.tickets + NEW {
            let said = format!("合成诉求new{number}");
            let wanted = Wanted::read(&format!("new{number}")).ok_or("no words")?;
            let texts = TicketTexts { description: Some(said), ..TicketTexts::default() };
            let batch = Batch::by("servicemap bench").file(hotline.ticket(number).0, Some(texts));
            done.store(number + 1 == options.tickets + NEW, Ordering::Relaxed);
            store.write(batch)?;
            let start = Instant::now();
            loop {
                let text = Arc::clone(&view.lock().unwrap_or_else(PoisonError::into_inner));
                if text.find(&wanted)?.words.count_ones(..) == 1 {
                    break;
                }
                if follower.is_finished() {
                    return Err("the index no longer follows".into());
                }
                thread::sleep(Duration::from_millis(1));
            }
            times.push(start.elapsed());
        }
        follower.join().map_err(|_| "the follower panicked")??;
        Ok(times)
    })
}

/// Median, 99th percentile and maximum.
fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |part: f64| {
        let place = ((times.len() as f64 * part) as usize).min(times.len().saturating_sub(1));
        times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    format!("{:.2} {:.2} {:.2} ms", at(0.5), at(0.99), at(1.0))
}

/// Bytes of the files of a folder.
fn size(folder: &Path) -> std::io::Result<u64> {
    let mut all = 0;
    for entry in std::fs::read_dir(folder)? {
        all += entry?.metadata()?.len();
    }
    Ok(all)
}

/// Bytes of memory that are the process's own, without mapped files; where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? * 1024)
}
