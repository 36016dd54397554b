//! The token service: API keys and identities of instances become tokens, which requests carry.

mod grant;
mod guard;
mod token;

pub(crate) use grant::grant;
pub(crate) use guard::{bearer, guard};
pub(crate) use token::{Tokens, Unacceptable};
