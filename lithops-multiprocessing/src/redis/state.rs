//! Objects whose state is one value, replaced as a whole if nobody has replaced it meanwhile.

use std::time::Instant;

use bytes::Bytes;
use lithops_core::wire::{append_value_of, decode_value};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::wait::until_done;
use super::{Keys, Reply, Server, scripts};
use crate::place::{Step, Turn, Wake};
use crate::{MultiprocessingError, Result};

const OPERATION: &str = "a change of state";

/// Makes such an object.
pub(crate) fn make<S: Serialize + 'static>(server: &Server, keys: &Keys, state: &S) -> Result<()> {
    let state = encode(state)?;
    server.run("make", &scripts::CREATE, keys, &[b"v", b"1", b"s", &state]).map(drop)
}

/// Looks at the state, again after each change, until the operation is done; `None` if that is not
/// before `deadline`.
///
/// Two requests for an operation that meets nobody else: one that reads, one that writes.
pub(crate) fn turn<S, T>(
    server: &Server,
    keys: &Keys,
    what: &'static str,
    deadline: Option<Instant>,
    mut act: impl FnMut(&mut S, &mut Turn) -> Result<Step<T>>,
) -> Result<Option<T>>
where
    S: Serialize + DeserializeOwned + 'static,
{
    until_done(server, keys, deadline, |attempt| {
        let advance = |version: &[u8], state: &[u8], wake, registers: &[u8]| {
            let waiter = attempt.waiter.as_bytes();
            // The server remembers the last changes by name, so that one that is sent again, because
            // its answer did not come, is made once.
            let name = format!("{:016x}", rand::random::<u64>());
            let arguments: [&[u8]; 6] = [version, state, wake, waiter, registers, name.as_bytes()];
            let reply = server.repeat(OPERATION, &scripts::ADVANCE, keys, &arguments)?;
            seen(reply, what)
        };
        // No version is called so: this reads.
        let mut now = advance(b"", b"", NOBODY, b"0")?;
        loop {
            let Some(read) = now else {
                return Err(MultiprocessingError::Answer { operation: OPERATION });
            };
            let mut state: S = decode_value(read.state.clone())?;
            let lease_ms = Some(keys.lease_ms);
            let is_last = attempt.is_last;
            let mut turn = Turn { now: read.now, lease_ms, is_last, wake: Wake::Nobody };
            let step = act(&mut state, &mut turn);
            let mut after = encode(&state)?;
            if after == read.state {
                after = Bytes::new();
            }
            let waits = matches!(step, Ok(Step::Wait)) && !attempt.is_last;
            // An error may leave a change behind: a barrier that has been broken by it.
            if !after.is_empty() || turn.wake != Wake::Nobody || waits {
                let wake = match turn.wake {
                    Wake::Nobody => NOBODY,
                    Wake::One => b"one",
                    Wake::All => b"all",
                };
                now = advance(&read.version, &after, wake, if waits { b"1" } else { b"0" })?;
                if now.is_some() {
                    continue;
                }
            }
            return match step? {
                Step::Done(value) => Ok(Some(value)),
                Step::Wait => Ok(None),
            };
        }
    })
}

const NOBODY: &[u8] = b"no";

/// The state at one moment.
struct Read {
    now: u64,
    version: Bytes,
    state: Bytes,
}

/// What the server says: the state that has come about meanwhile, or `None` if it was replaced.
fn seen(reply: Reply, what: &'static str) -> Result<Option<Read>> {
    let not_understood = || MultiprocessingError::Answer { operation: OPERATION };
    match reply.list(OPERATION)?.as_slice() {
        [Reply::Int(-1)] => Err(MultiprocessingError::Gone { what }),
        [Reply::Int(1)] => Ok(None),
        [Reply::Int(0), Reply::Int(now), Reply::Bytes(version), Reply::Bytes(state)] => {
            let now = u64::try_from(*now).map_err(|_| not_understood())?;
            Ok(Some(Read { now, version: version.clone(), state: state.clone() }))
        }
        _ => Err(not_understood()),
    }
}

fn encode<S: Serialize + 'static>(state: &S) -> Result<Bytes> {
    let mut bytes = Vec::new();
    append_value_of(state, &mut bytes)?;
    Ok(bytes.into())
}
