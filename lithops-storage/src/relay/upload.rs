//! A stream on its way from a worker to a storage of the client.

use futures::StreamExt;
use lithops_core::ports::{ByteStream, StorageError};
use lithops_core::wire::{FromRelay, ToRelay};

use super::PIECE;
use super::connection::Connection;
use super::error::LostError;

/// What became of a stream.
pub(super) struct Uploaded {
    /// How many bytes are stored.
    pub(super) size: Result<u64, StorageError>,
    /// Whether all was said that the client waits for.
    pub(super) is_whole: bool,
}

/// Sends `body` piece by piece, as fast as the storage takes it. Ends early if the storage fails.
pub(super) async fn upload(
    connection: &mut Connection,
    key: &str,
    mut body: ByteStream,
) -> Result<Uploaded, LostError> {
    if let Some(answer) = connection.send(ToRelay::PutStream { key: key.to_owned() }).await? {
        return early(answer);
    }
    loop {
        let next = tokio::select! {
            next = body.next() => next,
            answer = connection.receive() => return early(answer?),
        };
        let mut piece = match next {
            Some(Ok(piece)) => piece,
            Some(Err(error)) => return Ok(give_up(connection, error).await),
            None => break,
        };
        while !piece.is_empty() {
            let part = piece.split_to(piece.len().min(PIECE));
            if let Some(answer) = connection.send(ToRelay::Piece(part)).await? {
                return early(answer);
            }
        }
    }
    match connection.send(ToRelay::End).await? {
        Some(answer) => early(answer),
        None => match connection.receive().await? {
            FromRelay::Stored(size) => Ok(Uploaded { size: Ok(size), is_whole: true }),
            // Whether the storage has read to the end can't be told from here.
            answer => early(answer),
        },
    }
}

/// Takes an answer that leaves the client in the middle of the stream: only a failure does.
fn early(answer: FromRelay) -> Result<Uploaded, LostError> {
    match answer {
        FromRelay::Failed(failure) => Ok(Uploaded { size: Err(failure.into()), is_whole: false }),
        _ => Err(LostError::OutOfTurn),
    }
}

/// Tells the client that the stream has failed, and waits until nothing of it is left.
async fn give_up(connection: &mut Connection, error: StorageError) -> Uploaded {
    // Whatever comes of it, the stream's own error is the cause.
    let answer = connection.ask(ToRelay::Broken((&error).into())).await;
    let is_whole = matches!(answer, Ok(FromRelay::Failed(_)));
    Uploaded { size: Err(error), is_whole }
}
