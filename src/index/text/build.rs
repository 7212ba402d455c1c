//! The documents of the index, most important first.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Instant;

use fixedbitset::FixedBitSet;
use geo::Centroid;
use tantivy::directory::{Directory, RamDirectory};
use tantivy::schema::{
    Field as TantivyField, IndexRecordOption, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::{Index, ReloadPolicy, SingleSegmentIndexWriter, TantivyDocument};

use super::forms::{Form, MAX_FORM};
use super::terms::{Ready, Terms};
use super::{
    Entry, Field, Grade, Kind, Lasting, Names, Part, Postings, Readings, Rules, TextIndex, Topics,
    address, kept, normal, reading, terms,
};
use crate::city::{City, Division, Level, Node, Place, PlaceKind};
use crate::geo::LonLat;
use crate::index::places::rank;

/// Memory for the postings while they are collected, for each name and at least. The
/// writer never flushes before the end, so that a part has one segment.
const WRITER_BYTES: [usize; 2] = [1024, 16 << 20];

/// Documents on the way between the two threads.
const QUEUE: usize = 512;

/// Importance of districts, townships, communities.
const DIVISIONS: [f32; 3] = [0.9, 0.7, 0.4];
/// Importance of a matter.
const MATTER: f32 = 0.6;
/// Importance of places by [`rank`].
const PLACES: [f32; 4] = [0.6, 0.45, 0.35, 0.3];

/// Builds the index; the lasting part is kept in `folder`.
pub(super) fn build(city: &City, folder: Option<&Path>) -> TextIndex {
    let start = Instant::now();
    let readings = Readings::new(&city.manifest.search.readings);
    let rules = Rules::new(city);
    std::thread::scope(|scope| {
        scope.spawn(terms::warm);
        normal::warm();
        reading::warm();
    });
    let warm = start.elapsed();
    let contexts = contexts(city, &readings);
    let points = part(city, points(city), &readings, &rules);
    let part = match folder {
        Some(folder) => kept::part(folder, city, &readings, &rules),
        None => part(city, lasting(city), &readings, &rules),
    };
    let topics = Topics::new(&part);
    let address = address::Words::new(&city.manifest.search.address);
    let lasting = Arc::new(Lasting { part, readings, rules, contexts, topics, address });
    let index = TextIndex { points, written: Part::default(), lasting };
    tracing::debug!(
        names = index.len(),
        warm_ms = warm.as_millis() as u64,
        elapsed_ms = start.elapsed().as_millis() as u64,
        "text index built"
    );
    index
}

/// Indexes some documents together.
pub(super) fn part(city: &City, entries: Vec<Entry>, readings: &Readings, rules: &Rules) -> Part {
    if entries.is_empty() {
        return Part::default();
    }
    let memory = Box::new(RamDirectory::create());
    part_in(memory, city, entries, readings, rules).unwrap_or_else(|e| {
        // Memory does not fail: this is a fault of the program, not of the data.
        tracing::error!(error = %e, "the text index is empty; please report this");
        Part::default()
    })
}

/// The same, with the postings in a directory.
pub(super) fn part_in(
    directory: Box<dyn Directory>,
    city: &City,
    mut entries: Vec<Entry>,
    readings: &Readings,
    rules: &Rules,
) -> tantivy::Result<Part> {
    // The order is the index's own notion of "best first"; ties keep the city's order.
    entries.sort_by(|a, b| b.importance.total_cmp(&a.importance));
    let mut names = Names::default();
    let index = fill(directory, city, &mut entries, &mut names.forms, readings, rules)?;
    (names.fields, _) = opened(&index)?;
    let gone = FixedBitSet::with_capacity(entries.len());
    Ok(Part { entries, names: Arc::new(names), gone })
}

fn fill(
    directory: Box<dyn Directory>,
    city: &City,
    entries: &mut [Entry],
    forms: &mut Vec<u8>,
    readings: &Readings,
    rules: &Rules,
) -> tantivy::Result<Index> {
    let [a_name, at_least] = WRITER_BYTES;
    let bytes = (entries.len() * a_name).max(at_least);
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("ready")
        .set_fieldnorms(false)
        .set_index_option(IndexRecordOption::Basic);
    let options = TextOptions::default().set_indexing_options(indexing);
    let mut schema = Schema::builder();
    let fields = Field::ALL.map(|f| schema.add_text_field(f.name(), options.clone()));
    let tokenizers = tantivy::tokenizer::TokenizerManager::new();
    tokenizers.register("ready", Ready::default());
    let mut writer: SingleSegmentIndexWriter = Index::builder()
        .schema(schema.build())
        .tokenizers(tokenizers)
        .single_segment_index_writer(directory, bytes)?;

    // Terms are made on one thread and taken up on another; the channel keeps the order.
    let (sender, receiver) = std::sync::mpsc::sync_channel::<TantivyDocument>(QUEUE);
    std::thread::scope(|scope| {
        let taking = scope.spawn(move || {
            receiver.into_iter().try_for_each(|document| writer.add_document(document))?;
            writer.finalize()
        });
        prepare(city, entries, forms, readings, rules, fields, &sender);
        drop(sender);
        taking.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// The postings of an index of one segment, and how many documents it has.
pub(super) fn opened(index: &Index) -> tantivy::Result<(Postings, u32)> {
    // Nothing changes under a reader that is opened once.
    let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
    let searcher = tantivy::IndexReader::searcher(&reader);
    let mut postings = Vec::new();
    let Some(segment) = searcher.segment_readers().first() else { return Ok((postings, 0)) };
    for field in Field::ALL {
        let field = index.schema().get_field(field.name())?;
        postings.push((field, segment.inverted_index(field)?));
    }
    Ok((postings, segment.max_doc()))
}

/// Makes the forms and the document of every entry, and sends the documents on.
fn prepare(
    city: &City,
    entries: &mut [Entry],
    into: &mut Vec<u8>,
    readings: &Readings,
    rules: &Rules,
    fields: [TantivyField; Field::ALL.len()],
    sender: &SyncSender<TantivyDocument>,
) {
    let mut texts = Terms::default();
    let mut forms: Vec<Form> = Vec::new();
    for entry in entries {
        entry.forms = into.len() as u32;
        rules.forms(names(city, entry.kind, entry.number as usize), &mut forms);
        texts.clear();
        texts.add(&forms, readings);
        for (grade, form) in &forms {
            let bytes = form.as_bytes();
            // MAX_FORM characters of four bytes can be one byte more than fits.
            let len = form.floor_char_boundary(bytes.len().min(u8::MAX as usize));
            into.extend([grade.byte(), len as u8]);
            into.extend(&bytes[..len]);
        }
        let mut document = TantivyDocument::default();
        for (field, text) in fields.iter().zip(&texts.texts) {
            if !text.is_empty() {
                document.add_text(*field, text);
            }
        }
        if sender.send(document).is_err() {
            // The other thread has failed and says why.
            return;
        }
    }
}

/// All names of a thing, the shown one first.
fn names(city: &City, kind: Kind, i: usize) -> Box<dyn Iterator<Item = (Grade, &str)> + '_> {
    fn alias(list: &[String]) -> impl Iterator<Item = (Grade, &str)> {
        list.iter().map(|a| (Grade::Alias, a.as_str()))
    }
    fn both(name: &crate::city::Localized) -> impl Iterator<Item = (Grade, &str)> {
        [(Grade::Name, name.zh.as_str()), (Grade::English, name.en.as_str())].into_iter()
    }
    match kind {
        Kind::Point => {
            let point = &city.points[i];
            let category = city.categories.get(&point.category).into_iter().flat_map(|c| {
                let words = std::iter::once(c.name.zh.as_str())
                    .chain(std::iter::once(c.name.en.as_str()))
                    .chain(c.aliases.iter().map(String::as_str));
                words.map(|w| (Grade::Category, w))
            });
            Box::new(both(&point.name).chain(alias(&point.aliases)).chain(category))
        }
        Kind::Place => Box::new(both(&city.places[i].name)),
        Kind::Division => {
            let division = &city.divisions[i];
            Box::new(both(&division.name).chain(alias(&division.aliases)))
        }
        Kind::Matter => match city.matters.iter().nth(i) {
            Some(matter) => Box::new(both(&matter.name).chain(alias(&matter.phrases))),
            None => Box::new(std::iter::empty()),
        },
    }
}

fn new(kind: Kind, number: usize, importance: f32, location: Option<LonLat>) -> Entry {
    let importance = importance.clamp(0.0, 1.0);
    Entry { kind, number: number as u32, importance, location, divisions: [None; 3], forms: 0 }
}

/// The service points.
pub(super) fn points(city: &City) -> Vec<Entry> {
    (0..city.points.len()).map(|i| point(city, i)).collect()
}

/// A service point.
pub(super) fn point(city: &City, number: usize) -> Entry {
    let point = &city.points[number];
    let importance = city.categories.get(&point.category).map_or(0.0, |c| c.importance);
    new(Kind::Point, number, importance, Some(point.location))
}

/// Everything but the service points.
pub(super) fn lasting(city: &City) -> Vec<Entry> {
    let places = city
        .places
        .iter()
        .enumerate()
        .map(|(i, p)| new(Kind::Place, i, importance_of(p), Some(p.location)));
    let divisions = city
        .divisions
        .iter()
        .enumerate()
        .map(|(i, d)| new(Kind::Division, i, DIVISIONS[d.level as usize], location_of(d)));
    // A group of matters says too little to act on; its leaves are what is asked for.
    let groups: std::collections::HashSet<&str> =
        city.matters.iter().filter_map(Node::parent).collect();
    let matters = city
        .matters
        .iter()
        .enumerate()
        .filter(|(_, m)| !groups.contains(m.code.as_str()))
        .map(|(i, _)| new(Kind::Matter, i, MATTER, None));
    places.chain(divisions).chain(matters).collect()
}

/// A long street or a large lake counts more than a short or small one.
fn importance_of(place: &Place) -> f32 {
    let base = PLACES[usize::from(rank(place)).min(PLACES.len() - 1)];
    let large = (place.extent_m.max(1.0).log10() - 2.0).clamp(0.0, 2.0);
    let grows = matches!(place.kind, PlaceKind::Street | PlaceKind::Water);
    base + if grows { 0.08 * large } else { 0.0 }
}

pub(super) fn location_of(division: &Division) -> Option<LonLat> {
    division.point.or_else(|| {
        let c = division.area.as_ref()?.centroid()?;
        Some(LonLat::new(c.x(), c.y()))
    })
}

fn contexts(city: &City, readings: &Readings) -> HashMap<String, Vec<u32>> {
    let mut all: HashMap<String, Vec<u32>> = HashMap::new();
    let mut add = |key: String, number: u32| {
        let list = all.entry(key).or_default();
        if !list.contains(&number) {
            list.push(number);
        }
    };
    let mut choices = Vec::new();
    for (i, division) in city.divisions.iter().enumerate() {
        if division.level == Level::Community {
            continue;
        }
        let names = std::iter::once(&division.name.zh).chain(&division.aliases);
        for name in names {
            let chars = normal::fold(name, MAX_FORM).chars;
            if chars.len() < 2 {
                continue;
            }
            readings.of(&chars, &mut choices);
            let usual = choices.iter().filter_map(|c| c.as_slice().first().copied());
            add(usual.collect(), i as u32);
            add(chars.into_iter().collect(), i as u32);
        }
    }
    all
}
