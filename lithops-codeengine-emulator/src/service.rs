//! What all requests share.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::clock::Clock;
use crate::fault::HttpFaults;
use crate::iam::Tokens;
use crate::observe::Requests;
use crate::run::{References, RunId, Runs};
use crate::settings::Settings;
use crate::store::{Kind, Store};

/// An emulator, as its handlers see it.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) settings: Settings,
    /// Where clients reach it; no slash at the end.
    pub(crate) url: String,
    pub(crate) clock: Clock,
    pub(crate) account: Arc<Account>,
    pub(crate) runs: Runs,
    pub(crate) faults: HttpFaults,
    pub(crate) requests: Requests,
}

/// What runs look things up in, too.
#[derive(Debug)]
pub(crate) struct Account {
    store: Mutex<Store>,
    pub(crate) tokens: Tokens,
    clock: Clock,
}

impl Service {
    pub(crate) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// The resources. Not to be held while runs are asked for something.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.account.store()
    }
}

impl Account {
    pub(crate) fn new(tokens: Tokens, clock: Clock) -> Self {
        Self { store: Mutex::default(), tokens, clock }
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        // A panic of one request is no reason to refuse all others.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn data(&self, kind: Kind, project: &str, name: &str) -> Option<BTreeMap<String, String>> {
        let now = self.clock.now();
        let store = self.store();
        let resource = store.project(project, now)?.get(kind, name, now)?;
        let data = resource.fields.get("data")?.as_object()?;
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        data.iter().map(|(key, value)| Some((key.clone(), text(value)?))).collect()
    }
}

impl References for Account {
    fn config_map(&self, project: &str, name: &str) -> Option<BTreeMap<String, String>> {
        self.data(Kind::ConfigMap, project, name)
    }

    fn secret(&self, project: &str, name: &str) -> Option<BTreeMap<String, String>> {
        self.data(Kind::Secret, project, name)
    }

    fn compute_resource_token(&self, run: &RunId) -> String {
        self.tokens.of_run(run)
    }
}
