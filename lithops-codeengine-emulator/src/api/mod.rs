//! The REST API v2.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::service::Service;
use crate::store::Kind;
use crate::{fault, iam, observe};

mod condition;
mod create;
mod delete;
mod input;
mod page;
mod project;
mod read;
mod refused;
mod run;
mod trace;
mod update;

pub(crate) use read::shown;
pub(crate) use refused::{Refused, envelope};
pub(crate) use trace::Trace;

/// More than the largest config map that is accepted needs, escapes and all.
const LARGEST_BODY: usize = 64 << 20;

/// All paths, and what each request passes on its way: its id, its count, its faults, its token.
pub(crate) fn router(service: &Arc<Service>) -> Router {
    let shared = || Arc::clone(service);
    let projects = Router::new()
        .route("/v2/projects", get(project::list).post(project::create))
        .route("/v2/projects/{project}", get(project::get).delete(project::delete))
        .route("/v2/projects/{project}/status_details", get(project::status_details))
        .route("/v2/projects/{project}/egress_ips", get(project::egress_ips));
    let guarded = Kind::ALL
        .into_iter()
        .fold(projects, |router, kind| router.merge(resources(kind)))
        .layer(from_fn_with_state(shared(), iam::guard));
    guarded
        .route("/identity/token", post(iam::grant))
        .route("/oidc/token", post(iam::grant))
        .fallback(async || Refused::NotFound)
        .method_not_allowed_fallback(async || Refused::Method)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(from_fn_with_state(shared(), fault::apply))
        .layer(from_fn_with_state(shared(), observe::count))
        .layer(from_fn_with_state(shared(), trace::trace))
        .merge(observe::router())
        .with_state(shared())
}

/// The paths of one kind of resource.
fn resources(kind: Kind) -> Router<Arc<Service>> {
    let all = format!("/v2/projects/{{project}}/{}", kind.plural());
    let one = format!("{all}/{{name}}");
    let of_all = get(move |service, project, query| read::list(kind, service, project, query))
        .post(move |service, project, twists, body| {
            create::create(kind, service, project, twists, body)
        });
    let of_one = get(move |service, path| read::get(kind, service, path))
        .delete(move |service, path, twists| delete::delete(kind, service, path, twists));
    let update =
        move |service, path, headers, body| update::update(kind, service, path, headers, body);
    let of_one = match kind {
        Kind::ConfigMap | Kind::Secret => of_one.put(update),
        Kind::Job | Kind::Build | Kind::AllowedOutboundDestination => of_one.patch(update),
        Kind::Binding | Kind::BuildRun | Kind::JobRun | Kind::PersistentDataStore => of_one,
    };
    Router::new().route(&all, of_all).route(&one, of_one)
}
