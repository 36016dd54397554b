//! Connections to a Redis server, one for each request that is under way.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lithops_core::config::Config;
use lithops_core::ports::StorageLocation;
use lithops_storage::RedisConfig;
use redis::{Client, Connection, RedisError, RedisResult, Script, ScriptInvocation, Value};

use super::{Keys, Lua, Reply};
use crate::place::ServerPlace;
use crate::{MultiprocessingError, Result};

/// How long the server may take to let us in.
const CONNECT: Duration = Duration::from_secs(5);

/// How long it may take for an answer, beyond what it was asked to wait.
const ANSWER: Duration = Duration::from_secs(10);

/// A connection that was not used for so long is tried before it is used: the server, or something
/// on the way, may have closed it.
const FRESH: Duration = Duration::from_secs(5);

/// A Redis server, and connections that nobody uses at the moment.
pub(crate) struct Server {
    client: Client,
    address: String,
    idle: Mutex<Vec<(Connection, Instant)>>,
    scripts: Mutex<HashMap<&'static str, Arc<Script>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server {
    /// Address and prefix of the configured server. Its password stays here for this process.
    pub(crate) fn configured(config: &Config) -> Result<(String, String)> {
        let config = RedisConfig::from_settings(config);
        // Wrong settings are wrong before anything is made.
        config.client().map_err(lithops_core::error::Error::Storage)?;
        config.remember();
        Ok((config.url, config.prefix))
    }

    /// The server of an object; the same for all objects there.
    pub(crate) fn at(place: &ServerPlace) -> Result<Arc<Self>> {
        /// By address and prefix.
        type Servers = Mutex<HashMap<(String, String), Arc<Server>>>;
        static SERVERS: LazyLock<Servers> = LazyLock::new(Mutex::default);
        let mut servers = lock(&SERVERS);
        let key = (place.url.clone(), place.prefix.clone());
        if let Some(server) = servers.get(&key) {
            return Ok(Arc::clone(server));
        }
        let settings = [("url", &place.url), ("prefix", &place.prefix)];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.clone()));
        let location = StorageLocation {
            scheme: "redis".to_owned(),
            settings: settings.into_iter().collect(),
        };
        let config = RedisConfig::at(&location).map_err(lithops_core::error::Error::Storage)?;
        let client = config.client().map_err(lithops_core::error::Error::Storage)?;
        let address = place.url.clone();
        let (idle, scripts) = (Mutex::default(), Mutex::default());
        let server = Arc::new(Self { client, address, idle, scripts });
        servers.insert(key, Arc::clone(&server));
        Ok(server)
    }

    /// Runs a script on an object's keys.
    pub(crate) fn run(
        &self,
        operation: &'static str,
        script: &Lua,
        keys: &Keys,
        arguments: &[&[u8]],
    ) -> Result<Reply> {
        let prepared = self.prepared(script);
        let run = invocation(&prepared, keys, arguments);
        let (connection, answer) =
            (self.connection(keys.patience), keys.patience.unwrap_or(ANSWER));
        let answer = self.with(connection, answer, |connection| run.invoke(connection).map(Some));
        self.reply(operation, answer)
    }

    /// As [`run`](Self::run), a second time if the connection fails: for a script that is the same
    /// done twice. A process that was stopped and goes on finds its requests interrupted.
    pub(crate) fn repeat(
        &self,
        operation: &'static str,
        script: &Lua,
        keys: &Keys,
        arguments: &[&[u8]],
    ) -> Result<Reply> {
        let prepared = self.prepared(script);
        let run = invocation(&prepared, keys, arguments);
        let ask = |connection: RedisResult<Connection>| {
            let answer = keys.patience.unwrap_or(ANSWER);
            self.with(connection, answer, |connection| run.invoke(connection).map(Some))
        };
        let answer = match ask(self.connection(keys.patience)) {
            Err(error) if error.is_io_error() => ask(self.connect(keys.patience)),
            answer => answer,
        };
        self.reply(operation, answer)
    }

    fn reply(&self, operation: &'static str, answer: RedisResult<Option<Value>>) -> Result<Reply> {
        let answer = answer.map_err(|error| self.failed(operation, error))?;
        reply(operation, answer.ok_or(MultiprocessingError::Answer { operation })?)
    }

    /// Waits on a list for the word that wakes its waiter, for `limit` at the most.
    pub(crate) fn nap(&self, list: &str, limit: Duration) -> Result<()> {
        // Zero would be for ever.
        let seconds = limit.as_secs_f64().max(0.001);
        let mut pop = redis::cmd("BLPOP");
        pop.arg(list).arg(format!("{seconds:.3}"));
        let woken = self.with(self.connection(None), limit + ANSWER, |connection| {
            match pop.query::<Value>(connection) {
                // A process that was stopped and goes on finds its wait interrupted. Whoever waits
                // looks again after any end of it, which tells if the server is gone.
                Err(error) if error.is_io_error() => Ok(None),
                answer => answer.map(Some),
            }
        });
        woken.map(drop).map_err(|error| self.failed("wait", error))
    }

    fn prepared(&self, script: &Lua) -> Arc<Script> {
        let mut scripts = lock(&self.scripts);
        let prepared =
            scripts.entry(script.text).or_insert_with(|| Arc::new(Script::new(script.text)));
        Arc::clone(prepared)
    }

    fn with<T>(
        &self,
        connection: RedisResult<Connection>,
        patience: Duration,
        ask: impl FnOnce(&mut Connection) -> RedisResult<Option<T>>,
    ) -> RedisResult<Option<T>> {
        let mut connection = connection?;
        connection.set_read_timeout(Some(patience))?;
        let answer = ask(&mut connection)?;
        // One that has not answered may yet, when another answer is expected.
        if answer.is_some() {
            lock(&self.idle).push((connection, Instant::now()));
        }
        Ok(answer)
    }

    fn failed(&self, operation: &'static str, error: RedisError) -> MultiprocessingError {
        let address = self.address.clone();
        MultiprocessingError::Server { address, operation, source: Box::new(error) }
    }

    fn connection(&self, patience: Option<Duration>) -> RedisResult<Connection> {
        // Its own statement, so that the lock is not held while the server is asked.
        let idle = lock(&self.idle).pop();
        if let Some((mut connection, since)) = idle {
            if since.elapsed() < FRESH {
                return Ok(connection);
            }
            connection.set_read_timeout(Some(patience.unwrap_or(ANSWER)))?;
            if redis::cmd("PING").query::<Value>(&mut connection).is_ok() {
                return Ok(connection);
            }
            // What has become of this one has become of those that were not used for longer, which
            // are all below it.
            lock(&self.idle).retain(|(_, since)| since.elapsed() < FRESH);
        }
        self.connect(patience)
    }

    fn connect(&self, patience: Option<Duration>) -> RedisResult<Connection> {
        let connect = patience.map_or(CONNECT, |patience| patience.min(CONNECT));
        let connection = self.client.get_connection_with_timeout(connect)?;
        connection.set_write_timeout(Some(ANSWER))?;
        Ok(connection)
    }
}

fn invocation<'a>(script: &'a Script, keys: &Keys, arguments: &[&[u8]]) -> ScriptInvocation<'a> {
    let mut run = script.key(&keys.meta);
    run.arg(keys.expiry_ms);
    for argument in arguments {
        run.arg(*argument);
    }
    run
}

fn reply(operation: &'static str, value: Value) -> Result<Reply> {
    Ok(match value {
        Value::Nil => Reply::Nil,
        Value::Int(number) => Reply::Int(number),
        Value::BulkString(bytes) => Reply::Bytes(bytes.into()),
        Value::SimpleString(text) => Reply::Bytes(text.into()),
        Value::Okay => Reply::Bytes("OK".into()),
        Value::Array(list) => {
            let list = list.into_iter().map(|value| reply(operation, value));
            Reply::List(list.collect::<Result<_>>()?)
        }
        _ => return Err(MultiprocessingError::Answer { operation }),
    })
}
