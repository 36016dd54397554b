//! Functions, plans, the wire and the ports of Lithops: run a function on *n* inputs, anywhere.
//!
//! Users take the facade crate `lithops`; this one is for those who add a backend or a storage. It
//! has no network, no process and no cloud in it. Data flows one way:
//!
//! ```text
//! api -> plan -> wire -> run -> ports -> backend -> worker -> wire -> run -> api
//! ```

pub mod api;
pub mod config;
pub mod data;
pub mod error;
pub mod function;
#[cfg(fuzzing)]
pub mod fuzzing;
pub mod par;
pub mod plan;
pub mod ports;
pub mod run;
pub mod secret;
pub mod shuffle;
pub mod wire;
