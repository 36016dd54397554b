//! What names an object, here and in other processes.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::turn::{Step, Turn};
use super::{Lease, Place, ServerPlace, unique};
use super::{kept, memory};
use crate::redis::{self, Keys, Server};
use crate::{MultiprocessingError, Result};

/// Names an object. The object lives as long as the handle that made it, and the clones of that in
/// its own process; one that came as an argument finds it, and keeps nothing.
#[derive(Clone)]
pub(crate) struct Handle {
    pub(crate) what: &'static str,
    address: Address,
    owner: Option<Arc<Owner>>,
    /// How long the server may take, for somebody who can't wait as long as others.
    patience: Option<Duration>,
}

/// Where an object is.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Address {
    Memory { process: u64, id: String },
    Server { place: ServerPlace, id: String },
}

/// Keeps the object in its server, and removes the object when it is dropped.
pub(super) struct Owner {
    address: Address,
    _object: Option<memory::Object>,
    /// `None` once the object is to be removed.
    heard_of: Option<Lease>,
}

/// How long a server may take for each step of removing an object: whoever drops a handle does not
/// want to wait.
const REMOVAL: Duration = Duration::from_millis(650);

/// Where an object really is, for operations that differ by that.
pub(crate) enum Found<'a> {
    /// In this process, under this id.
    Memory(&'a str),
    /// In a server, under these keys.
    Server(Arc<Server>, Keys),
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Address::Memory { id, .. } => write!(f, "{} {id} in memory", self.what),
            Address::Server { place, id } => write!(f, "{} {id} at {}", self.what, place.url),
        }
    }
}

impl Handle {
    /// Makes an object whose state is encoded as a whole.
    pub(crate) fn state<S>(place: Place, what: &'static str, state: S) -> Result<Self>
    where
        S: Serialize + DeserializeOwned + Send + 'static,
    {
        Self::make(place, what, state, |server, keys, state| redis::make(server, keys, state))
    }

    /// Makes an object: `state` in memory, or what `create` makes of it in a server.
    pub(crate) fn make<S: Send + 'static>(
        place: Place,
        what: &'static str,
        state: S,
        create: impl FnOnce(&Server, &Keys, &S) -> Result<()>,
    ) -> Result<Self> {
        let id = unique();
        let (address, object) = match place {
            Place::Memory => {
                let object = memory::make(&id, state);
                (Address::Memory { process: memory::process(), id }, Some(object))
            }
            Place::Server(place) => {
                create(&*Server::at(&place)?, &Keys::new(&place, &id), &state)?;
                (Address::Server { place, id }, None)
            }
        };
        let heard_of = address.keep();
        let owner = Arc::new(Owner { address: address.clone(), _object: object, heard_of });
        Ok(Self { what, address, owner: Some(owner), patience: None })
    }

    /// Where the object is.
    pub(crate) fn find(&self) -> Result<Found<'_>> {
        match &self.address {
            Address::Memory { process, id } if *process == memory::process() => {
                Ok(Found::Memory(id))
            }
            Address::Memory { .. } => Err(MultiprocessingError::OtherProcess { what: self.what }),
            Address::Server { place, id } => {
                let keys = Keys::new(place, id).within(self.patience);
                Ok(Found::Server(Server::at(place)?, keys))
            }
        }
    }

    /// Looks at the state, again after each change, until the operation is done; `None` if that is
    /// not before `deadline`.
    pub(crate) fn turn<S, T>(
        &self,
        deadline: Option<Instant>,
        act: impl FnMut(&mut S, &mut Turn) -> Result<Step<T>>,
    ) -> Result<Option<T>>
    where
        S: Serialize + DeserializeOwned + Send + 'static,
    {
        match self.find()? {
            Found::Memory(id) => memory::turn(id, self.what, deadline, act),
            Found::Server(server, keys) => redis::turn(&server, &keys, self.what, deadline, act),
        }
    }

    /// As [`turn`](Self::turn), for an operation that never waits.
    pub(crate) fn once<S, T>(
        &self,
        mut act: impl FnMut(&mut S, &mut Turn) -> Result<T>,
    ) -> Result<T>
    where
        S: Serialize + DeserializeOwned + Send + 'static,
    {
        let done = self.turn(None, |state, turn| act(state, turn).map(Step::Done))?;
        done.ok_or(MultiprocessingError::Gone { what: self.what })
    }

    /// As [`turn`](Self::turn), of an object that is in the memory of this process.
    pub(crate) fn in_memory<S: Send + 'static, T>(
        &self,
        id: &str,
        deadline: Option<Instant>,
        act: impl FnMut(&mut S, &mut Turn) -> Result<Step<T>>,
    ) -> Result<Option<T>> {
        memory::turn(id, self.what, deadline, act)
    }

    /// As [`in_memory`](Self::in_memory), for an operation that never waits.
    pub(crate) fn at_once<S: Send + 'static, T>(
        &self,
        id: &str,
        mut act: impl FnMut(&mut S) -> Result<T>,
    ) -> Result<T> {
        let done = memory::turn(id, self.what, None, |state, _| act(state).map(Step::Done))?;
        done.ok_or(MultiprocessingError::Gone { what: self.what })
    }

    /// Each how many milliseconds somebody who holds something must be heard of.
    pub(crate) fn lease_ms(&self) -> Option<u64> {
        match &self.address {
            Address::Memory { .. } => None,
            Address::Server { place, .. } => Some(place.lease_ms),
        }
    }

    /// The same object for somebody who must not keep it alive.
    pub(crate) fn borrowed(&self) -> Self {
        Self { what: self.what, address: self.address.clone(), owner: None, patience: None }
    }

    /// As [`borrowed`](Self::borrowed), for whoever renews a lease, which must be able to ask again
    /// on another connection before it is over.
    pub(crate) fn hurried(&self) -> Self {
        let patience =
            self.lease_ms().map(|lease_ms| Duration::from_millis((lease_ms / 6).max(50)));
        Self { patience, ..self.borrowed() }
    }

    /// Reads a handle that another process, or this one, has written.
    pub(crate) fn read<'de, D>(what: &'static str, deserializer: D) -> Result<Self, D::Error>
    where
        D: Deserializer<'de>,
    {
        let address = Address::deserialize(deserializer)?;
        Ok(Self { what, address, owner: None, patience: None })
    }
}

impl Serialize for Handle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        kept::note(self.owner.as_ref());
        self.address.serialize(serializer)
    }
}

impl Address {
    /// Tells the server each third of the object's expiry that its maker still has it.
    fn keep(&self) -> Option<Lease> {
        let Self::Server { place, id } = self else { return None };
        let (expiry_ms, place, id) = (Some(place.expiry_ms), place.clone(), id.clone());
        Some(Lease::start(expiry_ms, move || {
            redis::touch(&*Server::at(&place)?, &Keys::new(&place, &id))
        }))
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.heard_of = None;
        match &self.address {
            Address::Memory { id, .. } => memory::forget(id),
            Address::Server { place, id } => {
                let keys = Keys::new(place, id).within(Some(REMOVAL));
                let removed = Server::at(place).and_then(|server| redis::remove(&server, &keys));
                // Its expiry removes it if this does not.
                if let Err(error) = removed {
                    tracing::warn!(%error, id, "a shared object was not removed");
                }
            }
        }
    }
}

/// Lets a type that is nothing but a handle be cloned, shown and sent.
macro_rules! typed_handle {
    ($type:ident $(<$($parameter:ident),*>)?, $what:literal, $make:expr) => {
        impl$(<$($parameter),*>)? Clone for $type$(<$($parameter),*>)? {
            fn clone(&self) -> Self {
                let make: fn(crate::place::Handle) -> Self = $make;
                make(self.handle.clone())
            }
        }

        impl$(<$($parameter),*>)? std::fmt::Debug for $type$(<$($parameter),*>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.handle.fmt(f)
            }
        }

        impl$(<$($parameter),*>)? serde::Serialize for $type$(<$($parameter),*>)? {
            fn serialize<Ser: serde::Serializer>(&self, to: Ser) -> Result<Ser::Ok, Ser::Error> {
                self.handle.serialize(to)
            }
        }

        impl<'de, $($($parameter),*)?> serde::Deserialize<'de> for $type$(<$($parameter),*>)? {
            fn deserialize<De: serde::Deserializer<'de>>(from: De) -> Result<Self, De::Error> {
                let make: fn(crate::place::Handle) -> Self = $make;
                crate::place::Handle::read($what, from).map(make)
            }
        }
    };
}

pub(crate) use typed_handle;
