//! Documents of the change log, packed.
//!
//! Making a document of a block of tickets and packing it takes as long as writing the rows,
//! so with several blocks another thread does it meanwhile.

use std::io::Read;
use std::sync::mpsc::sync_channel;
use std::thread;

use zstd::bulk::Compressor;

use crate::store::StoreError;
use crate::store::tickets::decide::Block;

/// Zstandard's fastest: on documents of tickets, higher levels take longer and save nothing.
const LEVEL: i32 = 1;
/// Shorter documents stay text: packing takes longer than writing them.
const WORTH_IT: usize = 4096;
/// A document is no longer than SQLite's longest text, however small it is packed.
const LONGEST: u64 = 1_000_000_000;
/// Documents that may wait for their rows to be written.
const AHEAD: usize = 8;

/// A document as the log has it.
#[derive(Debug)]
pub(super) enum Document {
    Text(String),
    Packed(Vec<u8>),
}

/// Packs documents, one after the other.
#[derive(Default)]
struct Packer(Option<Compressor<'static>>);

impl Packer {
    fn pack(&mut self, block: &Block<'_>) -> Result<Document, StoreError> {
        let text = block.document()?;
        if text.len() < WORTH_IT {
            return Ok(Document::Text(text));
        }
        let packed = match &mut self.0 {
            Some(packer) => packer.compress(text.as_bytes()),
            None => Compressor::new(LEVEL)
                .and_then(|packer| self.0.insert(packer).compress(text.as_bytes())),
        };
        // Without the memory for packing it is as true.
        Ok(packed.map_or(Document::Text(text), Document::Packed))
    }
}

/// Gives each block with its document to `write`, in their order; the first error ends it.
pub(super) fn with_documents(
    blocks: &[Block<'_>],
    mut write: impl FnMut(&Block<'_>, Document) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut here = Packer::default();
    if blocks.len() < 2 {
        return blocks.iter().try_for_each(|block| write(block, here.pack(block)?));
    }
    thread::scope(|scope| {
        let (to, documents) = sync_channel(AHEAD);
        let pack = move || {
            let mut packer = Packer::default();
            // Whoever no longer waits for documents has failed, and needs no more.
            let _ = blocks.iter().try_for_each(|block| to.send(packer.pack(block)));
        };
        let _ = thread::Builder::new().name("documents".into()).spawn_scoped(scope, pack);
        blocks.iter().try_for_each(|block| {
            // There are none where the system gives no more threads.
            let document = documents.recv().unwrap_or_else(|_| here.pack(block))?;
            write(block, document)
        })
    })
}

/// The text of a packed document.
pub(super) fn unpack(packed: &[u8]) -> Result<String, StoreError> {
    let mut text = String::new();
    zstd::Decoder::new(packed)
        .and_then(|unpacking| unpacking.take(LONGEST).read_to_string(&mut text))
        .map_err(|e| StoreError::Damaged(format!("a document of the change log: {e}")))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::{Survey, Ticket, TicketDivisions, TicketStatus, TicketSteps};
    use crate::store::{Filed, TicketRecord};

    fn block(seq: u64, tickets: u64) -> Block<'static> {
        let filed = (1..=tickets).map(|number| {
            let ticket = Ticket {
                id: format!("t-{seq}-{number}"),
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
            };
            Filed { number, before: 0, record: TicketRecord::from(ticket) }
        });
        Block::received(seq, filed.collect())
    }

    #[test]
    fn documents_come_in_the_order_of_their_blocks_packed_where_they_are_long() {
        let blocks: Vec<_> = (1..40).map(|seq| block(seq, 1 + seq % 5 * 100)).collect();
        let (mut written, mut packed) = (Vec::new(), 0);
        with_documents(&blocks, |block, document| {
            let text = match document {
                Document::Text(text) => text,
                Document::Packed(bytes) => {
                    packed += 1;
                    let text = unpack(&bytes)?;
                    assert!(bytes.len() * 3 < text.len(), "{} of {}", bytes.len(), text.len());
                    text
                }
            };
            assert_eq!(text, block.document()?);
            written.push(block.seq);
            Ok(())
        })
        .unwrap();
        assert_eq!(written, (1..40).collect::<Vec<_>>());
        let long = |block: &&Block<'_>| block.document().unwrap().len() >= WORTH_IT;
        assert_eq!(packed, blocks.iter().filter(long).count());
        assert!(packed > 10 && packed < blocks.len(), "{packed}");
    }

    #[test]
    fn the_first_error_ends_it() {
        let blocks: Vec<_> = (1..100).map(|seq| block(seq, 200)).collect();
        let mut seen = 0;
        let result = with_documents(&blocks, |_, _| {
            seen += 1;
            if seen == 3 { Err(StoreError::Full("no room".into())) } else { Ok(()) }
        });
        assert!(matches!(result, Err(StoreError::Full(_))) && seen == 3);
    }

    #[test]
    fn what_was_not_packed_is_damaged() {
        let mut packed = zstd::bulk::compress(&[b'a'; 10_000], LEVEL).unwrap();
        assert_eq!(unpack(&packed).unwrap(), "a".repeat(10_000));
        packed.pop();
        for bad in [packed.as_slice(), b"{\"numbers\":[]}"] {
            assert!(matches!(unpack(bad), Err(StoreError::Damaged(_))), "{bad:?}");
        }
    }
}
