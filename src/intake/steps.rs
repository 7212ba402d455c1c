//! Which step of a ticket may follow which, and in what order their times are.

use jiff::{SignedDuration, Timestamp};

use super::fields::{Fault, to_millisecond};
use crate::city::{Survey, Ticket, TicketStatus, TicketSteps, TicketTexts};

/// Times at which one ticket can be sent back.
pub const MAX_RETURNS: usize = 1000;

/// A step that a ticket takes after it was filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// It is sent to a body that must act.
    Dispatched,
    /// That body takes it.
    Accepted,
    /// The caller has an answer.
    Responded,
    /// It is done with.
    Closed,
    /// The caller is asked whether it was solved.
    Surveyed,
    /// The body sends it back.
    Returned,
}

impl StepKind {
    /// All steps.
    pub const ALL: [Self; 6] = [
        Self::Dispatched,
        Self::Accepted,
        Self::Responded,
        Self::Closed,
        Self::Surveyed,
        Self::Returned,
    ];

    /// Its name.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Dispatched => "dispatched",
            Self::Accepted => "accepted",
            Self::Responded => "responded",
            Self::Closed => "closed",
            Self::Surveyed => "surveyed",
            Self::Returned => "returned",
        }
    }

    /// Reads [`StepKind::key`].
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.key() == key)
    }

    /// Those that may follow in a state. A body that answers or closes has taken the ticket,
    /// whether it said so or not, and an agent may answer a question at once.
    pub const fn after(status: TicketStatus) -> &'static [Self] {
        match status {
            TicketStatus::Open => &[Self::Dispatched, Self::Responded, Self::Closed],
            TicketStatus::Dispatched => {
                &[Self::Accepted, Self::Responded, Self::Closed, Self::Returned]
            }
            TicketStatus::Accepted => &[Self::Responded, Self::Closed, Self::Returned],
            TicketStatus::Responded => &[Self::Closed, Self::Surveyed],
            TicketStatus::Closed => &[Self::Surveyed],
            TicketStatus::Returned => &[Self::Dispatched, Self::Closed],
        }
    }
}

/// A step as a caller writes it.
#[derive(Debug, Clone)]
pub struct Taking {
    /// Which.
    pub step: StepKind,
    /// When; now where it is not said.
    pub at: Option<Timestamp>,
    /// What the caller was answered; with `responded` and `closed`.
    pub response: Option<String>,
    /// What the survey found; with `surveyed`.
    pub survey: Survey,
}

/// The ticket after a step; `None` where it has taken this very step already.
///
/// # Errors
/// Why it cannot take it, what state it is in and what may follow.
pub fn advance(
    ticket: &Ticket,
    texts: &TicketTexts,
    taking: &Taking,
    now: Timestamp,
) -> Result<Option<(Ticket, TicketTexts)>, String> {
    let Taking { step, at, response, survey } = taking;
    let asked = at.map(to_millisecond);
    if asked.is_some() && is_taken(ticket, texts, taking) {
        return Ok(None);
    }
    let may = StepKind::after(ticket.status);
    if !may.contains(step) {
        let may: Vec<&str> = may.iter().map(|step| step.key()).collect();
        return Err(format!(
            "it is {}, which cannot be followed by {}, but by {}",
            ticket.status.key(),
            step.key(),
            may.join(" or ")
        ));
    }
    // What follows a return is later than it, so that the times tell which came first.
    let back = SignedDuration::from_millis(i64::from(ticket.status == TicketStatus::Returned));
    let last = last_time(&ticket.steps).saturating_add(back).unwrap_or(Timestamp::MAX);
    // Ours may be behind the clock of whoever took the last step.
    let at = asked.unwrap_or_else(|| to_millisecond(now).max(last));
    if at < last {
        return Err(format!("{at} is before {last}, when it took its last step"));
    }
    let (mut ticket, mut texts) = (ticket.clone(), texts.clone());
    let steps = &mut ticket.steps;
    if steps.returned.len() >= MAX_RETURNS && *step == StepKind::Returned {
        return Err(format!("it was sent back {MAX_RETURNS} times already"));
    }
    match step {
        StepKind::Dispatched => steps.dispatched = Some(at),
        StepKind::Accepted => steps.accepted = Some(at),
        StepKind::Responded => steps.responded = Some(at),
        StepKind::Closed => steps.closed = Some(at),
        StepKind::Surveyed => steps.surveyed = Some(at),
        StepKind::Returned => steps.returned.push(at),
    }
    ticket.status = match step {
        StepKind::Dispatched => TicketStatus::Dispatched,
        StepKind::Accepted => TicketStatus::Accepted,
        StepKind::Responded => TicketStatus::Responded,
        StepKind::Closed => TicketStatus::Closed,
        StepKind::Returned => TicketStatus::Returned,
        StepKind::Surveyed => ticket.status,
    };
    if *step == StepKind::Surveyed {
        ticket.survey = *survey;
    }
    if response.is_some() {
        texts.response.clone_from(response);
    }
    Ok(Some((ticket, texts)))
}

/// Whether a ticket took a step at the time that is said, with the same to say.
fn is_taken(ticket: &Ticket, texts: &TicketTexts, taking: &Taking) -> bool {
    let at = taking.at.map(to_millisecond);
    let steps = &ticket.steps;
    let taken = match taking.step {
        StepKind::Dispatched => steps.dispatched == at,
        StepKind::Accepted => steps.accepted == at,
        StepKind::Responded => steps.responded == at,
        StepKind::Closed => steps.closed == at,
        StepKind::Surveyed => steps.surveyed == at && ticket.survey == taking.survey,
        StepKind::Returned => at.is_some_and(|at| steps.returned.contains(&at)),
    };
    taken && taking.response.as_ref().is_none_or(|said| texts.response.as_ref() == Some(said))
}

/// When a ticket took its last step.
fn last_time(steps: &TicketSteps) -> Timestamp {
    let single = [steps.dispatched, steps.accepted, steps.responded, steps.closed, steps.surveyed];
    let all = single.into_iter().flatten().chain(steps.returned.iter().copied());
    all.fold(steps.requested, Timestamp::max)
}

/// The state that steps tell. What came before it was last sent back does not count.
pub fn status(steps: &TicketSteps) -> TicketStatus {
    let sent_back = steps.returned.last().copied();
    let since = |at: Option<Timestamp>| at.is_some_and(|at| sent_back.is_none_or(|r| at > r));
    if steps.closed.is_some() {
        TicketStatus::Closed
    } else if since(steps.responded) {
        TicketStatus::Responded
    } else if since(steps.accepted) {
        TicketStatus::Accepted
    } else if since(steps.dispatched) {
        TicketStatus::Dispatched
    } else if sent_back.is_some() {
        TicketStatus::Returned
    } else {
        TicketStatus::Open
    }
}

/// What is wrong with the order of the steps of a ticket. Where it was sent back, the steps
/// before and after that may be of different rounds; otherwise each comes after those
/// before it.
pub fn disorder(steps: &TicketSteps) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut fault = |field: &str, detail: String| {
        faults.push(Fault { field: field.to_owned(), detail });
    };
    let path = [
        ("requested_at", Some(steps.requested)),
        ("dispatched_at", steps.dispatched),
        ("accepted_at", steps.accepted),
        ("responded_at", steps.responded),
        ("closed_at", steps.closed),
        ("surveyed_at", steps.surveyed),
    ];
    for (i, (field, at)) in path.iter().enumerate() {
        let Some(at) = at else { continue };
        let bound = |name: &str| {
            steps.returned.is_empty()
                || matches!(name, "requested_at")
                || matches!(*field, "closed_at" | "surveyed_at")
        };
        // A caller may be asked before or after the ticket is closed.
        let counts = |name: &str| !(name == "closed_at" && *field == "surveyed_at");
        let mut before = path[..i].iter().filter(|(name, _)| bound(name) && counts(name));
        if let Some((name, earlier)) = before.find(|(_, before)| before.is_some_and(|b| b > *at)) {
            let earlier = earlier.map(|at| at.to_string()).unwrap_or_default();
            fault(field, format!("{at} is before {name}, {earlier}"));
        }
    }
    if steps.surveyed.is_some() && steps.responded.is_none() && steps.closed.is_none() {
        fault("surveyed_at", "nobody is asked before there is an answer".to_owned());
    }
    if let Some(first) = steps.returned.iter().min() {
        if !steps.returned.is_sorted() {
            fault("returned_at", "its times are not in order".to_owned());
        }
        if *first < steps.requested {
            fault("returned_at", format!("{first} is before requested_at, {}", steps.requested));
        }
        if steps.dispatched.is_none() {
            fault("returned_at", "it was sent to nobody: dispatched_at is missing".to_owned());
        }
        let last = steps.returned.iter().max();
        if let Some((closed, last)) = steps.closed.zip(last).filter(|(closed, last)| closed < *last)
        {
            fault("closed_at", format!("{closed} is before it was last sent back, {last}"));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::city::TicketDivisions;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn ticket() -> Ticket {
        Ticket {
            id: "a".into(),
            category: "heating".into(),
            channel: "phone".into(),
            status: TicketStatus::Open,
            location: None,
            located_by: None,
            accuracy_m: None,
            divisions: TicketDivisions::default(),
            steps: TicketSteps { requested: at(0), ..TicketSteps::default() },
            survey: Survey::default(),
            source: "test".into(),
        }
    }

    fn taking(step: StepKind, second: i64) -> Taking {
        Taking { step, at: Some(at(second)), response: None, survey: Survey::default() }
    }

    #[test]
    fn a_ticket_goes_its_way_and_nothing_else() {
        use StepKind::{Accepted, Closed, Dispatched, Responded, Returned, Surveyed};
        let mut now = ticket();
        let texts = TicketTexts::default();
        let way = [Dispatched, Returned, Dispatched, Accepted, Responded, Closed, Surveyed];
        for (second, step) in (1..).zip(way) {
            let next = advance(&now, &texts, &taking(step, second), at(99)).unwrap().unwrap().0;
            let again = advance(&next, &texts, &taking(step, second), at(99));
            assert_eq!(again, Ok(None), "{step:?} twice is once");
            let before =
                advance(&next, &texts, &taking(StepKind::after(next.status)[0], 0), at(99));
            assert!(before.unwrap_err().contains("is before"));
            now = next;
            assert_eq!(status(&now.steps), now.status);
            assert_eq!(disorder(&now.steps), []);
        }
        let refused = advance(&now, &texts, &taking(Accepted, 50), at(99)).unwrap_err();
        assert_eq!(refused, "it is closed, which cannot be followed by accepted, but by surveyed");
        assert_eq!(now.steps.dispatched, Some(at(3)), "of two times the last");
    }

    #[test]
    fn a_clock_that_is_behind_does_not_stop_a_ticket() {
        let mut one = ticket();
        one.steps.requested = at(60);
        let plain = Taking { at: None, ..taking(StepKind::Closed, 0) };
        let (closed, _) = advance(&one, &TicketTexts::default(), &plain, at(0)).unwrap().unwrap();
        assert_eq!(closed.steps.closed, Some(at(60)));
    }

    #[test]
    fn steps_out_of_order_are_named() {
        let steps = TicketSteps {
            requested: at(10),
            dispatched: Some(at(5)),
            accepted: Some(at(20)),
            responded: Some(at(15)),
            closed: Some(at(30)),
            surveyed: Some(at(16)),
            returned: Vec::new(),
        };
        let named: Vec<String> = disorder(&steps).into_iter().map(|f| f.field).collect();
        assert_eq!(named, ["dispatched_at", "responded_at", "surveyed_at"]);
        let back = TicketSteps {
            requested: at(10),
            surveyed: Some(at(12)),
            returned: vec![at(40), at(20), at(5)],
            ..TicketSteps::default()
        };
        let named: Vec<String> = disorder(&back).into_iter().map(|f| f.field).collect();
        assert_eq!(named, ["surveyed_at", "returned_at", "returned_at", "returned_at"]);
    }

    proptest! {
        /// Whatever is tried, a ticket is never in disorder and never forgets a return.
        #[test]
        fn any_attempts_leave_a_ticket_in_order(
            tries in prop::collection::vec((0..6_usize, 0..100_i64), 0..40),
        ) {
            let (mut now, texts) = (ticket(), TicketTexts::default());
            let mut returns = 0;
            for (step, second) in tries {
                let step = StepKind::ALL[step];
                if let Ok(Some((next, _))) = advance(&now, &texts, &taking(step, second), at(99)) {
                    now = next;
                    returns += usize::from(step == StepKind::Returned);
                }
                prop_assert_eq!(disorder(&now.steps), []);
                prop_assert_eq!(now.steps.returned.len(), returns);
            }
        }
    }
}
