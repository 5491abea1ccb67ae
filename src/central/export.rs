//! A bundle for an auditor from the permit book: one read snapshot, whatever central is doing meanwhile.

use super::store::reader::{self, Reader};
use crate::audit::{self, Keys, Life, Manifest, Order, Writer};
use crate::config::PermitBook;
use crate::seal::{SigningKey, VaultKey};

/// Why there is no export.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The permit book cannot be read.
    #[error("cannot read the permit book for the export")]
    Book {
        /// Why not.
        source: reader::Error,
    },
    /// The bundle cannot be written.
    #[error("cannot write the bundle")]
    Write {
        /// Why not.
        source: audit::Error,
    },
}

/// Makes a bundle, signed with central's key. `progress` is told how many records of how many are
/// written.
pub fn export(
    book: &PermitBook,
    central_key: &SigningKey,
    vault_key: &VaultKey,
    order: Order,
    mut progress: impl FnMut(u64, u64),
) -> Result<Manifest, Error> {
    let reading = |source| Error::Book { source };
    let writing = |source| Error::Write { source };
    let reader = Reader::open(book, vault_key.clone()).map_err(reading)?;
    // What arrives while we read is in the next bundle.
    reader.hold().map_err(reading)?;
    let (from, to) = order.asked.instants();
    let kiosk = order.asked.kiosk.clone();
    let with_keys = order.unlock_for.is_some();
    let spans = reader.spans(kiosk.as_ref(), from, to).map_err(reading)?;
    let all = spans.iter().map(|span| span.last + 1 - span.first).sum();
    let mut writer = Writer::begin(order).map_err(writing)?;
    for span in &spans {
        let mut failed = Ok(());
        reader
            .records(span, with_keys, |record| {
                let key = record.key.as_ref().map(|(application, key)| (*application, key));
                failed = writer.record(record.text.reveal(), &record.signature, key);
                progress(writer.lines(), all);
                failed.is_ok()
            })
            .map_err(reading)?;
        failed.map_err(writing)?;
    }
    writer.grants(&reader.blocks(kiosk.as_ref()).map_err(reading)?).map_err(writing)?;
    writer.acts(&reader.acts(kiosk.as_ref()).map_err(reading)?).map_err(writing)?;
    writer.begin_look_ups().map_err(writing)?;
    let mut failed = Ok(());
    reader
        .look_ups(kiosk.as_ref(), from, to, |look_up| {
            failed = writer.look_up(&look_up);
            failed.is_ok()
        })
        .map_err(reading)?;
    failed.map_err(writing)?;
    let lives = reader.lives(kiosk.as_ref()).map_err(reading)?;
    let lives = lives.into_iter().map(|life| Life {
        kiosk: life.kiosk,
        incarnation: life.incarnation,
        device_key: life.device_key,
        seal_key: life.seal_key,
    });
    let keys = Keys::new(central_key.verifying_key().to_pem(), lives.collect());
    writer.keys(&keys).map_err(writing)?;
    for digest in writer.editions().clone() {
        if let Some(text) = reader.edition(&digest).map_err(reading)? {
            writer.edition(&digest, text.as_bytes()).map_err(writing)?;
        }
    }
    writer.finish(central_key).map_err(writing)
}
