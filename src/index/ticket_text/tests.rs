use std::path::PathBuf;

use proptest::collection::vec;
use proptest::prelude::*;

use super::follow::{begin, step};
use super::kept::Kept;
use super::terms::parts;
use super::*;
use crate::city::{Survey, Ticket, TicketDivisions, TicketStatus, TicketSteps, TicketTexts};
use crate::store::{Batch, GeoPackage, Store};

fn ticket(id: &str) -> Ticket {
    Ticket {
        id: id.into(),
        category: "heating".into(),
        channel: "phone".into(),
        status: TicketStatus::Open,
        location: None,
        located_by: None,
        accuracy_m: None,
        divisions: TicketDivisions::default(),
        steps: TicketSteps::default(),
        survey: Survey::default(),
        source: "test".into(),
    }
}

fn said(text: &str) -> TicketTexts {
    TicketTexts { description: Some(text.into()), ..TicketTexts::default() }
}

/// A store, and the folder of its index.
struct Place {
    folder: tempfile::TempDir,
    store: GeoPackage,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = GeoPackage::open(&folder.path().join("city.gpkg"), "example").unwrap();
        Self { folder, store }
    }

    fn words(&self) -> PathBuf {
        self.folder.path().join("words")
    }

    fn file(&self, id: &str, texts: TicketTexts) {
        self.store.write(Batch::by("test").file(ticket(id), Some(texts))).unwrap();
    }

    fn begin(&self) -> Kept {
        begin(&self.store, Some(&self.words()), &|_| ()).unwrap()
    }

    /// The index after all that was written.
    fn caught_up(&self, kept: &mut Kept) -> TicketText {
        while kept.seq < self.store.head().unwrap() {
            step(&self.store, kept, &|_| ()).unwrap();
        }
        kept.view()
    }
}

/// Numbers of the tickets that hold the words of a question, and of those that hold it as it is.
fn find(text: &TicketText, question: &str) -> (Vec<usize>, Vec<usize>) {
    let found = text.find(&Wanted::read(question).unwrap()).unwrap();
    (found.words.ones().collect(), found.exact.ones().collect())
}

#[test]
fn words_are_found_follow_the_log_and_are_gone_when_they_are_erased() {
    let place = Place::new();
    place.file("a", said("家里暖气一直不热"));
    place.file("b", TicketTexts { address: Some("暖气厂南路3号".into()), ..Default::default() });
    place.file("c", TicketTexts::default());
    let mut kept = place.begin();
    let text = kept.view();
    assert_eq!(find(&text, "暖气"), (vec![1, 2], vec![1, 2]));
    assert_eq!(find(&text, "不热 暖气"), (vec![1], vec![1]));
    assert_eq!(find(&text, "不热的暖气"), (vec![1], vec![]));
    assert_eq!(text.len(), 2, "who says nothing is not in it");

    place.file("c", said("暖气漏水"));
    let response = Some("已修好暖气".to_owned());
    place.file("b", TicketTexts { response, ..TicketTexts::default() });
    place.file("a", TicketTexts::default());
    let text = place.caught_up(&mut kept);
    assert_eq!(find(&text, "暖气"), (vec![2, 3], vec![2, 3]), "the first is erased");
    assert_eq!(find(&text, "南路").0, Vec::<usize>::new(), "its address is replaced");
    assert_eq!(find(&text, "修好").0, [2]);
    assert_eq!((text.len(), text.seq()), (2, place.store.head().unwrap()));
    // A step of a ticket leaves its words as they are.
    let closed = Ticket { status: TicketStatus::Closed, ..ticket("c") };
    place.store.write(Batch::by("test").file(closed, None)).unwrap();
    assert_eq!(find(&place.caught_up(&mut kept), "漏水").0, [3]);
}

#[test]
fn a_kept_folder_is_read_again_with_what_came_meanwhile_and_nobody_else_may_look() {
    let place = Place::new();
    place.file("a", said("路灯不亮"));
    drop(place.begin());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(place.words()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
    place.file("b", said("路灯坏了"));
    let mut kept = Kept::open(&place.words(), &place.store).unwrap();
    assert_eq!(kept.seq, 1, "as far as it was");
    assert_eq!(find(&place.caught_up(&mut kept), "路灯").0, [1, 2]);
}

#[test]
fn a_folder_of_another_store_or_of_a_later_state_is_not_believed() {
    let (place, other) = (Place::new(), Place::new());
    place.file("a", said("路灯不亮"));
    drop(place.begin());
    other.file("z", said("噪音"));
    assert!(Kept::open(&place.words(), &other.store).is_err());
    let kept = begin(&other.store, Some(&place.words()), &|_| ()).unwrap();
    assert_eq!(find(&kept.view(), "路灯").0, Vec::<usize>::new());
    assert_eq!(find(&kept.view(), "噪音").0, [1], "made again");
    drop(kept);
    let empty = Place::new();
    assert!(Kept::open(&place.words(), &empty.store).is_err(), "its log is longer");
}

/// Each file cut or with a bit flipped at several places, or missing: never believed, and made
/// again.
#[test]
fn a_damaged_folder_is_found_out_and_made_again() {
    let place = Place::new();
    for n in 0..50 {
        place.file(&n.to_string(), said(&format!("{n}号楼停水")));
    }
    drop(place.begin());
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(place.words()).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    let mut tried = 0;
    for name in files {
        let is_lock = name.extension().is_some_and(|e| e == "lock");
        let is_own = name.file_name().is_some_and(|n| n == ".managed.json");
        if is_lock || is_own {
            continue;
        }
        let bytes = std::fs::read(&name).unwrap();
        let places: Vec<usize> = (0..8).map(|i| i * bytes.len() / 8).collect();
        let cut = places.iter().map(|at| bytes[..*at].to_vec());
        let flipped = places.iter().map(|at| {
            let mut flipped = bytes.clone();
            flipped[*at] ^= 1 << (at % 8);
            flipped
        });
        for damaged in cut.chain(flipped) {
            std::fs::write(&name, damaged).unwrap();
            let opened = Kept::open(&place.words(), &place.store);
            // A letter of `meta.json` may be one that means nothing; then it is right.
            let right = opened.is_ok_and(|kept| find(&kept.view(), "停水").0.len() == 50);
            assert!(!right || name.ends_with("meta.json"), "{}", name.display());
            tried += 1;
            std::fs::write(&name, &bytes).unwrap();
        }
    }
    assert!(tried > 50, "{tried}");
    std::fs::write(place.words().join("meta.json"), b"{").unwrap();
    assert_eq!(find(&place.begin().view(), "停水").0.len(), 50);
    assert!(Kept::open(&place.words(), &place.store).is_ok(), "made again in its place");
}

/// Whether a text holds a question as it is written: each part of it somewhere, words of letters
/// and digits whole. Looks at the characters alone.
fn holds(text: &str, question: &str) -> bool {
    let texts = parts(text);
    let whole = |part: &[char], at: usize| {
        at == 0 || at == part.len() || !(part[at - 1].is_ascii() && part[at].is_ascii())
    };
    parts(question).iter().all(|wanted| {
        texts.iter().any(|part| {
            part.windows(wanted.len()).enumerate().any(|(at, stretch)| {
                stretch == wanted && whole(part, at) && whole(part, at + wanted.len())
            })
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() })]

    #[test]
    fn what_is_found_as_it_is_written_is_what_looking_at_each_text_gives(
        texts in vec("[ab1二水电楼，]{0,12}", 1..40),
        questions in vec("[ab1二水电楼 ]{1,4}", 1..20),
    ) {
        let place = Place::new();
        let batch = texts.iter().enumerate().fold(Batch::by("test"), |batch, (n, text)| {
            batch.file(ticket(&n.to_string()), Some(said(text)))
        });
        place.store.write(batch).unwrap();
        let text = place.begin().view();
        for question in questions {
            let Some(wanted) = Wanted::read(&question) else { continue };
            let found = text.find(&wanted).unwrap();
            let expected = (0..texts.len()).filter(|n| holds(&texts[*n], &question)).map(|n| n + 1);
            let exact: Vec<usize> = found.exact.ones().collect();
            prop_assert_eq!(exact, expected.collect::<Vec<_>>(), "{} in {:?}", question, texts);
            prop_assert!(found.exact.is_subset(&found.words));
        }
    }
}
