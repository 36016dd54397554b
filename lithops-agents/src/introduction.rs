//! What a connection begins with: the handshake, where there is a key, and the line that says what it
//! is for.

use std::io;
use std::time::Duration;

use lithops_core::wire::{LinkKey, Preamble};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use crate::secret::random;

/// How long a connection may take to say what it is for.
const INTRODUCTION: Duration = Duration::from_secs(10);

/// Why a connection is dropped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stranger {
    #[error("it does not say what it is for within {INTRODUCTION:?}")]
    Silent,
    #[error("it does not have the key")]
    WithoutKey,
    #[error("what it is for is nothing that is known here")]
    Unknown,
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Hears what a connection is for, from who has the key if there is one.
pub(crate) async fn introduction(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    key: Option<&LinkKey>,
) -> Result<Preamble, Stranger> {
    let introduced = async {
        if let Some(key) = key {
            shake_hands(stream, key).await?;
        }
        preamble(stream).await
    };
    timeout(INTRODUCTION, introduced).await.unwrap_or(Err(Stranger::Silent))
}

/// Sees that the caller has the key, and shows that this side has it too.
async fn shake_hands(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    key: &LinkKey,
) -> Result<(), Stranger> {
    let challenge = random()?;
    stream.write_all(&challenge).await?;
    let mut answer = [0; 64];
    stream.read_exact(&mut answer).await?;
    let proof = key.admit(&challenge, &answer).ok_or(Stranger::WithoutKey)?;
    Ok(stream.write_all(&proof).await?)
}

/// The line that a connection begins with, and not a byte more.
async fn preamble(stream: &mut (impl AsyncRead + Unpin)) -> Result<Preamble, Stranger> {
    let mut line = String::new();
    while line.len() < Preamble::LONGEST && !line.ends_with('\n') {
        line.push(char::from(stream.read_u8().await?));
    }
    Preamble::from_line(&line).ok_or(Stranger::Unknown)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use tokio::io::{DuplexStream, duplex};

    use super::*;

    fn key() -> LinkKey {
        LinkKey::new([7; 32])
    }

    /// What is made of a caller who sends what it makes of the challenge.
    async fn introduced(caller: impl FnOnce([u8; 32]) -> Vec<u8>) -> String {
        let (mut ours, mut theirs) = duplex(1024);
        let call = async move {
            let mut challenge = [0; 32];
            theirs.read_exact(&mut challenge).await.unwrap();
            theirs.write_all(&caller(challenge)).await.unwrap();
            // It still listens.
            theirs.shutdown().await.unwrap();
            theirs
        };
        let key = key();
        let (heard, _) = tokio::join!(introduction(&mut ours, Some(&key)), call);
        heard.map_or_else(|stranger| stranger.to_string(), Preamble::to_line)
    }

    fn answer(key: &LinkKey, challenge: [u8; 32], line: &str) -> Vec<u8> {
        let mut said = key.answer(&challenge, [2; 32]).to_vec();
        said.extend_from_slice(line.as_bytes());
        said
    }

    #[tokio::test]
    async fn only_who_has_the_key_is_asked_what_it_wants() {
        let right = introduced(|challenge| answer(&key(), challenge, "lane 7\n")).await;
        assert_eq!(right, "lane 7\n");
        let other = LinkKey::new([8; 32]);
        let wrong = introduced(|challenge| answer(&other, challenge, "lane 7\n")).await;
        assert_eq!(wrong, "it does not have the key");
        let replayed = introduced(|_| answer(&key(), [1; 32], "lane 7\n")).await;
        assert_eq!(replayed, "it does not have the key");
        let garbage = introduced(|_| vec![b'x'; 200]).await;
        assert_eq!(garbage, "it does not have the key");
        let short = introduced(|challenge| answer(&key(), challenge, "")[..63].to_vec()).await;
        assert_eq!(short, "early eof");
        let unknown = introduced(|challenge| answer(&key(), challenge, "lane x\n")).await;
        assert_eq!(unknown, "what it is for is nothing that is known here");
        let endless = introduced(|challenge| answer(&key(), challenge, &"l".repeat(40))).await;
        assert_eq!(endless, "what it is for is nothing that is known here");
    }

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_is_not_waited_for() {
        let (mut ours, _theirs): (DuplexStream, DuplexStream) = duplex(1024);
        let silent = introduction(&mut ours, Some(&key())).await.unwrap_err();
        assert_eq!(silent.to_string(), "it does not say what it is for within 10s");
    }
}
