//! What a range of an object does to the state of a format's automaton.

use futures::TryStreamExt;

use super::DataError;
use crate::plan::Automaton;
use crate::wire::{ObjectPart, Records};

/// Reads a part that is cut by exact bytes, and gives what it does to each state of the automaton of
/// `records`: the bytes of a [`Transition`](crate::plan::Transition).
pub(crate) async fn scan_states(
    (part, records): (ObjectPart, Records),
) -> Result<Vec<u8>, DataError> {
    let Some(automaton) = Automaton::of(&records) else { return Ok(Vec::new()) };
    let mut transition = automaton.identity();
    let mut reader = part.reader()?;
    while let Some(bytes) = reader.try_next().await? {
        automaton.extend(&mut transition, &bytes);
    }
    Ok(transition.as_bytes().to_vec())
}
