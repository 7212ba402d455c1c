use super::*;
use crate::geo::distance::geodesic;
use crate::index::tickets::{Cut, Mark, Order, Page};

fn everything(records: Vec<TicketRecord>) -> BTreeMap<u64, TicketRecord> {
    (1..).zip(records).collect()
}

fn orders() -> impl Strategy<Value = Order> {
    // Radii from a street to beyond the square degree in which the tickets are.
    let radius = option::of((1.0..6.0_f64).prop_map(|log| 10_f64.powf(log)));
    let near = (0.0..1.0, 0.0..1.0, radius).prop_map(|(x, y, radius)| Order::Nearest {
        from: LonLat::new(116.0 + x, 39.5 + y),
        radius,
    });
    prop_oneof![Just(Order::Newest), near]
}

/// All pages of a list, each after the last ticket of the one before.
fn pages(index: &TicketIndex, filter: &TicketFilter, order: Order, limit: usize) -> Vec<Page> {
    let mut pages = Vec::new();
    let mut cut = Cut::first(limit);
    loop {
        let page = index.list(filter, order, cut);
        let last = page.tickets.last().map(|t| t.mark);
        let more = page.more;
        assert!(!more || page.tickets.len() == limit, "only the last page is short");
        pages.push(page);
        if !more {
            return pages;
        }
        cut.after = last;
    }
}

fn numbers(pages: &[Page]) -> Vec<u64> {
    pages.iter().flat_map(|page| &page.tickets).map(|t| t.number).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_pages_are_all_that_fit_in_order_and_their_total_is_the_count(
        records in tickets(200),
        filter in filters(),
        order in orders(),
        limit in 1_usize..40,
    ) {
        let records = everything(records);
        let index = built(&records, 9);
        let metres = |number: u64| match order {
            Order::Newest => None,
            Order::Nearest { from, .. } => {
                Some(records[&number].ticket.location.map_or(f64::INFINITY, |at| geodesic(from, at)))
            }
        };
        let within = |number: &u64| match order {
            Order::Nearest { radius: Some(radius), .. } => metres(*number).is_some_and(|m| m <= radius),
            _ => true,
        };
        let fit = records.iter().filter(|(_, record)| fits(&filter, record)).map(|(n, _)| *n);
        let mut fit: Vec<u64> = fit.filter(within).collect();
        let second = |number: &u64| records[number].ticket.steps.requested.as_second();
        fit.sort_by_key(|number| std::cmp::Reverse((second(number), *number)));
        if order != Order::Newest {
            fit.sort_by(|a, b| metres(*a).unwrap().total_cmp(&metres(*b).unwrap()));
        }
        let pages = pages(&index, &filter, order, limit);
        prop_assert_eq!(numbers(&pages), fit.clone());
        for page in &pages {
            prop_assert_eq!(page.total, fit.len());
            for ticket in &page.tickets {
                // Places on the curve are two centimetres wide.
                let exact = metres(ticket.number).filter(|m| m.is_finite());
                prop_assert_eq!(ticket.metres.is_some(), exact.is_some());
                let off = ticket.metres.zip(exact).map_or(0.0, |(a, b)| (a - b).abs());
                prop_assert!(off < 0.05, "{off}");
            }
        }
        if !matches!(order, Order::Nearest { radius: Some(_), .. }) {
            prop_assert_eq!(fit.len(), index.count(&filter));
            for skip in [0, 1, limit, fit.len() / 2, fit.len(), fit.len() + 9] {
                let page = index.list(&filter, order, Cut { skip, ..Cut::first(limit) });
                let rest: Vec<u64> = fit.iter().skip(skip).copied().collect();
                prop_assert_eq!(page.more, rest.len() > limit);
                prop_assert_eq!(numbers(&[page]), rest.into_iter().take(limit).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn what_comes_in_between_two_pages_moves_no_ticket_that_was_there(
        records in tickets(120),
        new in tickets(60),
        order in orders(),
        limit in 1_usize..30,
    ) {
        let records = everything(records);
        let index = built(&records, 9);
        let all = TicketFilter::default();
        let before = numbers(&pages(&index, &all, order, limit));
        let first = index.list(&all, order, Cut::first(limit));
        let writes: Vec<_> = (1 + records.len() as u64..).zip(new).collect();
        let grown = index.next(&changes(&writes, &records), 10);
        let mut seen = numbers(std::slice::from_ref(&first));
        let mut cut = Cut { after: first.tickets.last().map(|t| t.mark), ..Cut::first(limit) };
        let mut more = first.more;
        while more {
            let page = grown.list(&all, order, cut);
            seen.extend(page.tickets.iter().map(|t| t.number));
            cut.after = page.tickets.last().map(|t| t.mark);
            more = page.more;
        }
        seen.retain(|number| records.contains_key(number));
        prop_assert_eq!(seen, before);
    }

    #[test]
    fn a_mark_is_read_as_it_was_written_and_no_other_text_is_one(
        rank: u64,
        second: i64,
        number: u32,
        other in "[0-9a-f.nx-]{0,30}",
    ) {
        let text = format!("{rank:x}.{second:x}.{number:x}");
        prop_assert_eq!(text.parse::<Mark>().unwrap().to_string(), text);
        if let Ok(mark) = other.parse::<Mark>() {
            // A page after any mark at all is given, and ends.
            let index = built(&everything(vec![ticket(1, 5, Some(LonLat::new(116.4, 39.9)))]), 1);
            for order in [Order::Newest, Order::Nearest { from: LonLat::new(0.0, 0.0), radius: None }] {
                index.list(&TicketFilter::default(), order, Cut { after: Some(mark), ..Cut::first(1) });
            }
        }
    }
}
