//! What tests ask the emulator, below `/_emu`; no client of Code Engine does.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::service::Service;

mod faults;
mod requests;
mod runs;
mod state;

pub(crate) use requests::count;
pub use requests::{RequestCount, Requests};
pub(crate) use state::state;

pub(crate) fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/_emu/faults", get(faults::list).post(faults::add).delete(faults::clear))
        .route("/_emu/faults/{id}", axum::routing::delete(faults::remove))
        .route("/_emu/requests", get(requests::list).delete(requests::clear))
        .route("/_emu/state", get(state::get))
        .route("/_emu/logs/{project}/{run}/{index}", get(runs::log))
        .route("/_emu/clock/advance", post(runs::advance))
        .route("/_emu/tokens/revoke", post(runs::revoke_tokens))
}
