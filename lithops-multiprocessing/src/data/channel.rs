//! Encoded items in the order in which they were put in.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;

use crate::place::{Found, Handle, Place, Step, Turn, Wake, typed_handle};
use crate::redis::{Keys, Reply, Server, scripts, until_done};
use crate::{MultiprocessingError, Result};

/// Encoded items in the order in which they were put in; closed, if at all, for good.
pub(super) struct Channel {
    handle: Handle,
}

typed_handle!(Channel, "queue", |handle| Channel { handle });

const WHAT: &str = "queue";

/// In memory.
struct Items {
    items: VecDeque<Bytes>,
    /// The most that there may be; 0 for any number.
    most: usize,
    /// Items that were put in and of which nobody has said that they are done.
    unfinished: u64,
    is_closed: bool,
}

impl Items {
    fn is_full(&self) -> bool {
        self.most > 0 && self.items.len() >= self.most
    }
}

impl Channel {
    pub(super) fn new(place: Place, most: usize) -> Result<Self> {
        let items = Items { items: VecDeque::new(), most, unfinished: 0, is_closed: false };
        let create = |server: &Server, keys: &Keys, _: &Items| {
            let most = most.to_string();
            let fields: [&[u8]; 4] = [b"max", most.as_bytes(), b"unfinished", b"0"];
            server.run("make a queue", &scripts::CREATE, keys, &fields).map(drop)
        };
        Ok(Self { handle: Handle::make(place, WHAT, items, create)? })
    }

    /// Puts an item in; `false` if there was no room before `deadline`.
    pub(super) fn put(&self, item: &Bytes, deadline: Option<Instant>) -> Result<bool> {
        let done = match self.handle.find()? {
            Found::Memory(id) => self.handle.in_memory(id, deadline, |items: &mut Items, turn| {
                if items.is_closed {
                    return Err(MultiprocessingError::PipeClosed);
                }
                if items.is_full() {
                    return Ok(Step::Wait);
                }
                items.items.push_back(item.clone());
                items.unfinished += 1;
                turn.wake = Wake::All;
                Ok(Step::Done(()))
            }),
            Found::Server(server, keys) => until_done(&server, &keys, deadline, |attempt| {
                let arguments: [&[u8]; 3] =
                    [item, attempt.registers().as_bytes(), attempt.waiter.as_bytes()];
                let operation = "put";
                match server.run(operation, &scripts::PUT, &keys, &arguments)?.int(operation)? {
                    1 => Ok(Some(())),
                    0 => Ok(None),
                    -1 => Err(MultiprocessingError::Gone { what: WHAT }),
                    -2 => Err(MultiprocessingError::PipeClosed),
                    _ => Err(MultiprocessingError::Answer { operation }),
                }
            }),
        };
        Ok(done?.is_some())
    }

    /// Takes the first item out; `None` if there was none before `deadline`.
    pub(super) fn get(&self, deadline: Option<Instant>) -> Result<Option<Bytes>> {
        match self.handle.find()? {
            Found::Memory(id) => self.handle.in_memory(id, deadline, |items: &mut Items, turn| {
                match items.items.pop_front() {
                    Some(item) => {
                        turn.wake = Wake::All;
                        Ok(Step::Done(item))
                    }
                    None if items.is_closed => Err(MultiprocessingError::EndOfStream),
                    None => Ok(Step::Wait),
                }
            }),
            Found::Server(server, keys) => until_done(&server, &keys, deadline, |attempt| {
                let arguments = [attempt.registers().as_bytes(), attempt.waiter.as_bytes()];
                let operation = "get";
                let reply = server.run(operation, &scripts::GET, &keys, &arguments)?;
                match reply.list(operation)?.as_slice() {
                    [Reply::Int(1), Reply::Bytes(item)] => Ok(Some(item.clone())),
                    [Reply::Int(0)] => Ok(None),
                    [Reply::Int(-1)] => Err(MultiprocessingError::Gone { what: WHAT }),
                    [Reply::Int(-2)] => Err(MultiprocessingError::EndOfStream),
                    _ => Err(MultiprocessingError::Answer { operation }),
                }
            }),
        }
    }

    /// Waits until a `get` would not; `false` if it still would at `deadline`.
    pub(super) fn poll(&self, deadline: Option<Instant>) -> Result<bool> {
        let look = |items: &mut Items, _: &mut Turn| {
            let is_ready = !items.items.is_empty() || items.is_closed;
            Ok(if is_ready { Step::Done(()) } else { Step::Wait })
        };
        Ok(self.wait("poll", &scripts::POLL, deadline, look)?.is_some())
    }

    /// Waits until all items are done; `false` if they are not at `deadline`.
    pub(super) fn idle(&self, deadline: Option<Instant>) -> Result<bool> {
        let look = |items: &mut Items, _: &mut Turn| {
            Ok(if items.unfinished == 0 { Step::Done(()) } else { Step::Wait })
        };
        Ok(self.wait("join", &scripts::IDLE, deadline, look)?.is_some())
    }

    fn wait(
        &self,
        operation: &'static str,
        script: &crate::redis::Lua,
        deadline: Option<Instant>,
        look: impl FnMut(&mut Items, &mut Turn) -> Result<Step<()>>,
    ) -> Result<Option<()>> {
        match self.handle.find()? {
            Found::Memory(id) => self.handle.in_memory(id, deadline, look),
            Found::Server(server, keys) => until_done(&server, &keys, deadline, |attempt| {
                let arguments = [attempt.registers().as_bytes(), attempt.waiter.as_bytes()];
                match server.run(operation, script, &keys, &arguments)?.int(operation)? {
                    1 => Ok(Some(())),
                    0 => Ok(None),
                    -1 => Err(MultiprocessingError::Gone { what: WHAT }),
                    _ => Err(MultiprocessingError::Answer { operation }),
                }
            }),
        }
    }

    /// Says that an item that was taken out is done.
    pub(super) fn task_done(&self) -> Result<()> {
        match self.handle.find()? {
            Found::Memory(id) => {
                let done = self.handle.in_memory(id, None, |items: &mut Items, turn| {
                    if items.unfinished == 0 {
                        return Err(MultiprocessingError::TaskDoneTooOften);
                    }
                    items.unfinished -= 1;
                    turn.wake = Wake::All;
                    Ok(Step::Done(()))
                });
                done.map(drop)
            }
            Found::Server(server, keys) => {
                let operation = "task_done";
                match server.run(operation, &scripts::TASK_DONE, &keys, &[])?.int(operation)? {
                    1 => Ok(()),
                    -1 => Err(MultiprocessingError::Gone { what: WHAT }),
                    -2 => Err(MultiprocessingError::TaskDoneTooOften),
                    _ => Err(MultiprocessingError::Answer { operation }),
                }
            }
        }
    }

    /// How many items there are.
    pub(super) fn len(&self) -> Result<usize> {
        match self.handle.find()? {
            Found::Memory(id) => self.handle.at_once(id, |items: &mut Items| Ok(items.items.len())),
            Found::Server(server, keys) => {
                let reply = server.run("len", &scripts::COMMAND, &keys, &[b"LLEN"])?;
                super::answer(WHAT, "len", reply)?.len("len")
            }
        }
    }

    /// Takes no more items; those that are there can still be had.
    pub(super) fn close(&self) -> Result<()> {
        match self.handle.find()? {
            Found::Memory(id) => {
                let done = self.handle.in_memory(id, None, |items: &mut Items, turn| {
                    items.is_closed = true;
                    turn.wake = Wake::All;
                    Ok(Step::Done(()))
                });
                done.map(drop)
            }
            Found::Server(server, keys) => {
                server.run("close", &scripts::CLOSE, &keys, &[]).map(drop)
            }
        }
    }
}
