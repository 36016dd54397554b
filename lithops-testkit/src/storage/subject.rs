//! The same cases for storages that may not be there when the tests run: servers.

use std::any::Any;
use std::fmt;
use std::process::ExitCode;
use std::sync::Arc;

use futures::future::BoxFuture;
use libtest_mimic::Trial;

use super::suite::{Open, run, run_apart, the_suite_was_told_the_truth};
use super::{Storage, addresses, copy, delete, keys, list, place, races};
use super::{read, streams, versions, write};
use crate::trials::{Case, Has, run_trials};

/// Gives an empty storage and a guard that keeps it alive; called for each case.
pub type Setup = Arc<dyn Fn() -> BoxFuture<'static, (Storage, Box<dyn Any>)> + Send + Sync>;

/// Gives a storage whose place is missing.
pub type Missing = Arc<dyn Fn() -> Storage + Send + Sync>;

/// A storage under test.
#[derive(Clone)]
pub struct Subject {
    /// Comes before the name of each case.
    pub name: &'static str,
    /// How to get one, or why there is none: all cases are ignored then.
    pub setup: Result<Setup, String>,
    /// Opens what its location names.
    pub open: Open,
    /// Of several creators of a key one wins.
    pub create_if_absent: Has,
    /// How many creators race. Some servers let each wait a second for the one before it.
    pub racers: u8,
    /// It gives addresses to others, over plain HTTP.
    pub presign: Has,
    /// There may be `f` and `f/g`.
    pub nested_keys: Has,
    /// Its place may be missing.
    pub missing_place: Has<Missing>,
    /// Cases that the server itself fails, each with what it does wrong: they are ignored.
    pub faults: &'static [(&'static str, &'static str)],
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What is run for a case, if its storage is there.
type Run = Box<dyn FnOnce(&Setup) + Send>;

/// Runs the cases of all subjects as the command line says, in the way of `cargo test`.
///
/// Fails if a case fails. Fails also if a storage is there, no filter was given, and no case ran.
pub fn run_subjects(subjects: &[Subject]) -> ExitCode {
    let is_any_there = subjects.iter().any(|subject| subject.setup.is_ok());
    let cases = subjects.iter().flat_map(Subject::cases);
    run_trials(is_any_there, cases.map(Case::into_trial).collect::<Vec<Trial>>())
}

impl Subject {
    /// Its cases, to be run in any way.
    pub fn cases(&self) -> Vec<Case> {
        cases(self)
    }
}

fn cases(subject: &Subject) -> Vec<Case> {
    let mut found = Vec::new();
    let mut faults = subject.faults.to_vec();
    let mut add = |name: &str, has: Has, case: Run| {
        let fault = faults.iter().position(|(case, _)| *case == name);
        let has = has.and(fault.map_or(Ok(()), |fault| Err(faults.swap_remove(fault).1)));
        let name = format!("{}::{name}", subject.name);
        let body: Result<Box<dyn FnOnce() + Send>, String> = match (&subject.setup, has) {
            (_, Err(reason)) => Err(reason.to_owned()),
            (Err(reason), Ok(())) => Err(reason.clone()),
            (Ok(setup), Ok(())) => {
                let setup = Arc::clone(setup);
                Ok(Box::new(move || case(&setup)))
            }
        };
        found.push(Case { name, body });
    };
    crate::storage_cases! { storage_trials { add subject } }
    let told = (subject.create_if_absent.is_ok(), subject.presign.is_ok());
    let case = move |storage| the_suite_was_told_the_truth(storage, told.0, told.1);
    add("the_suite_was_told_the_truth", Ok(()), Box::new(move |setup| run(setup(), case)));
    assert!(faults.is_empty(), "there are no such cases: {faults:?}");
    found
}

/// Adds all cases of the list.
#[doc(hidden)]
#[macro_export]
macro_rules! storage_trials {
    (@cases { $add:ident $subject:ident }
        every: [$($topic:ident::$case:ident,)+]
        create_if_absent: [$($create_topic:ident::$create:ident,)+]
        race: [$race_topic:ident::$race:ident,]
        presign: [$($presign_topic:ident::$presign:ident,)+]
        nested_keys: [$($nested_topic:ident::$nested:ident,)+]
        missing_place: [$($missing_topic:ident::$missing:ident,)+]
        location: [$location_topic:ident::$location:ident,]
    ) => {
        $(
            let case: Run = Box::new(|setup| run(setup(), $topic::$case));
            $add(stringify!($case), Ok(()), case);
        )+
        $(
            let case: Run = Box::new(|setup| run(setup(), $create_topic::$create));
            $add(stringify!($create), $subject.create_if_absent, case);
        )+
        $(
            let case: Run = Box::new(|setup| run(setup(), $presign_topic::$presign));
            $add(stringify!($presign), $subject.presign, case);
        )+
        $(
            let case: Run = Box::new(|setup| run(setup(), $nested_topic::$nested));
            $add(stringify!($nested), $subject.nested_keys, case);
        )+
        let racers = $subject.racers;
        let race = move |storage| $race_topic::$race(storage, racers);
        let case: Run = Box::new(move |setup| run(setup(), race));
        $add(stringify!($race), $subject.create_if_absent, case);

        $(
            let has = $subject.missing_place.as_ref().map(drop).map_err(|reason| *reason);
            let missing = $subject.missing_place.clone();
            let case: Run = Box::new(move |_| {
                run_apart(async {
                    if let Ok(missing) = missing {
                        $missing_topic::$missing(missing()).await;
                    }
                });
            });
            $add(stringify!($missing), has, case);
        )+

        let open = $subject.open;
        let location = move |storage| $location_topic::$location(storage, open);
        let case: Run = Box::new(move |setup| run(setup(), location));
        $add(stringify!($location), Ok(()), case);
    };
}
