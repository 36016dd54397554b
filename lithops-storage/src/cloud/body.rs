//! Bodies of answers, which end where they should.

use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;
use object_store::client::{HttpError, HttpErrorKind, HttpResponse};

/// The largest answer of a server about itself: a listing of 1000 keys, a token, a refusal.
#[cfg(feature = "s3")]
pub(crate) const LARGEST_ANSWER: u64 = 64 << 20;

/// An answer that goes on for longer than it should.
#[derive(Debug, thiserror::Error)]
#[error("the server's answer has more than {most} bytes; see whether it is the one that is meant")]
struct TooLong {
    most: u64,
}

/// Reads a body of at most `most` bytes.
///
/// # Errors
/// If it can't be read, or is longer: of that, no more has been read than `most` and one piece.
pub(crate) async fn body_within(response: HttpResponse, most: u64) -> Result<Bytes, HttpError> {
    let mut pieces = response.into_body().bytes_stream();
    let first = pieces.try_next().await?.unwrap_or_default();
    let Some(second) = pieces.try_next().await? else {
        return if first.len() as u64 <= most { Ok(first) } else { Err(too_long(most)) };
    };
    let mut body = BytesMut::from(first);
    let mut next = Some(second);
    while let Some(piece) = next {
        if (body.len() + piece.len()) as u64 > most {
            return Err(too_long(most));
        }
        body.extend_from_slice(&piece);
        next = pieces.try_next().await?;
    }
    Ok(body.freeze())
}

fn too_long(most: u64) -> HttpError {
    HttpError::new(HttpErrorKind::Decode, TooLong { most })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use object_store::client::HttpResponseBody;

    use super::*;

    async fn read(body: &'static str, most: u64) -> Result<Bytes, String> {
        let body = HttpResponseBody::from(Bytes::from_static(body.as_bytes()));
        let response = HttpResponse::new(body);
        body_within(response, most).await.map_err(|error| format!("{error:?}"))
    }

    #[tokio::test]
    async fn a_body_that_goes_on_for_too_long_is_an_error() {
        assert_eq!(read("12345", 5).await.unwrap(), "12345");
        assert_eq!(read("", 0).await.unwrap(), "");
        let error = read("123456", 5).await.unwrap_err();
        assert!(error.contains("TooLong { most: 5 }"), "{error}");
    }
}
