//! What workers far away are told of a Redis server.

use lithops_core::secret::Secret;

use super::config::PASSWORD;
use crate::worker_settings::{Section, Telling};

/// What the section says, with the password of the environment where it has none.
pub(crate) fn worker_section(telling: &Telling<'_>) -> Section {
    let said = telling.config.storages.redis.clone().unwrap_or_default();
    let password = said.password;
    let password = password.or_else(|| (telling.environment)(PASSWORD).map(Secret::new));
    let mut section = Section::default();
    section.say("storage_bucket", said.storage_bucket);
    section.say("host", said.host);
    section.say("port", said.port.map(i64::from));
    section.say("db", said.db.map(i64::from));
    section.say("username", said.username);
    section.say_secret("password", password.as_ref());
    section.say("ssl", said.ssl);
    section
}
