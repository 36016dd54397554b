//! One connection for all requests, made when first needed and again when it was lost.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, FromRedisValue, RedisError, ScriptInvocation};
use tokio::sync::Mutex;

/// How long the server may take to let us in.
const CONNECT: Duration = Duration::from_secs(10);

/// How long it may take for one answer, of at most one chunk.
const ANSWER: Duration = Duration::from_secs(30);

/// How to reach the server.
#[derive(Debug)]
pub(super) struct Connection {
    client: Client,
    open: Mutex<Option<MultiplexedConnection>>,
}

impl Connection {
    pub(super) fn new(client: Client) -> Self {
        Self { client, open: Mutex::new(None) }
    }

    /// Runs a script, a second time if the connection was lost: scripts here are the same done
    /// twice.
    pub(super) async fn run<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, RedisError> {
        let first = script.invoke_async(&mut self.open().await?).await;
        match first {
            Err(error) if self.lost(&error).await => {
                script.invoke_async(&mut self.open().await?).await
            }
            outcome => outcome,
        }
    }

    /// Sends a command, as [`run`](Self::run) runs a script.
    pub(super) async fn send<T: FromRedisValue>(
        &self,
        command: &redis::Cmd,
    ) -> Result<T, RedisError> {
        let first = command.query_async(&mut self.open().await?).await;
        match first {
            Err(error) if self.lost(&error).await => {
                command.query_async(&mut self.open().await?).await
            }
            outcome => outcome,
        }
    }

    async fn open(&self) -> Result<MultiplexedConnection, RedisError> {
        let mut open = self.open.lock().await;
        if let Some(open) = &*open {
            return Ok(open.clone());
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(ANSWER));
        let made = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        Ok(open.insert(made).clone())
    }

    /// Whether the error is that of a connection that has ended; it is forgotten then.
    ///
    /// The server may have closed it, or the runtime that served it may have ended.
    async fn lost(&self, error: &RedisError) -> bool {
        let lost = error.is_connection_dropped() || error.is_unrecoverable_error();
        if lost {
            *self.open.lock().await = None;
        }
        lost
    }
}
