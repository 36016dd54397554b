//! Connections: HTTP/1, where a response may also be that there is none.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::Service as _;

use crate::fault::Broken;

/// How long a client may take to say what it wants.
const HEAD_BOUND: Duration = Duration::from_secs(30);

/// How long to wait when no connection can be taken, for want of file descriptors say.
const PAUSE: Duration = Duration::from_millis(20);

/// Why a connection is closed without an answer.
#[derive(Debug)]
struct NoAnswer;

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no answer, on purpose")
    }
}

impl std::error::Error for NoAnswer {}

/// Serves until `end`, or until it is dropped; open connections are closed then, whatever they are at.
pub(crate) async fn serve(listener: TcpListener, router: Router, end: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, router.clone()));
                }
                // It is of one connection, or will pass.
                Err(_) => tokio::time::sleep(PAUSE).await,
            },
            // Ended ones are let go.
            Some(_) = connections.join_next() => {}
            () = end.cancelled() => break,
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn connection(stream: TcpStream, router: Router) {
    // Answers are small, and clients wait for them.
    stream.set_nodelay(true).ok();
    let reset = Arc::new(AtomicBool::new(false));
    let shall_reset = Arc::clone(&reset);
    let service = service_fn(move |request: Request<Incoming>| {
        let mut router = router.clone();
        let reset = Arc::clone(&reset);
        async move {
            let Ok(response) = router.call(request.map(Body::new)).await;
            match response.extensions().get::<Broken>() {
                None => Ok(response),
                Some(how) => {
                    reset.store(*how == Broken::Reset, Ordering::Relaxed);
                    Err(NoAnswer)
                }
            }
        }
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_BOUND)
        .serve_connection(TokioIo::new(stream), service);
    // An error concerns this client alone, which knows of it.
    let _ended = (&mut connection).await;
    if shall_reset.load(Ordering::Relaxed) {
        // So that closing says that something is wrong, and not that all is said.
        connection.into_parts().io.into_inner().set_zero_linger().ok();
    }
}
