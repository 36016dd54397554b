//! Tokens: real JSON Web Tokens, since clients read when they expire.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::clock::Clock;
use crate::run::RunId;

/// `{"alg":"HS256","typ":"JWT"}`
const HEAD: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

/// How long the token of an instance is valid.
const LIFE_IN_RUN: Duration = Duration::from_secs(3600);

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Use {
    /// Requests to the API.
    Api,
    /// To be exchanged for one for the API.
    ComputeResource,
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Claims {
    iam_id: String,
    id: String,
    realmid: String,
    jti: String,
    identifier: String,
    sub: String,
    sub_type: String,
    #[serde(rename = "use")]
    good_for: Use,
    iat: u64,
    exp: u64,
    iss: String,
    grant_type: String,
    scope: String,
    client_id: String,
}

/// Why a token isn't accepted.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub(crate) enum Unacceptable {
    /// It isn't one of ours.
    #[error("the token was not issued here")]
    Foreign,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// It was revoked before.
    #[error("the token was revoked")]
    Revoked,
}

/// Issues and checks tokens.
#[derive(Debug)]
pub(crate) struct Tokens {
    key: [u8; 32],
    clock: Clock,
    issued: Mutex<Issued>,
}

#[derive(Debug, Default)]
struct Issued {
    /// The number of the latest one.
    latest: u64,
    /// Those up to this number are revoked.
    revoked_to: u64,
    revoked: HashSet<String>,
}

impl Tokens {
    /// With a new key: tokens of other emulators aren't accepted.
    pub(crate) fn new(clock: Clock) -> Self {
        Self { key: rand::random(), clock, issued: Mutex::default() }
    }

    /// A token for requests.
    pub(crate) fn for_api(&self, subject: &str, grant_type: &str, life: Duration) -> String {
        self.issue(Use::Api, subject, grant_type, life)
    }

    /// The token that the instances of a run find.
    pub(crate) fn of_run(&self, run: &RunId) -> String {
        let subject = format!("{}/{}", run.project, run.name);
        self.issue(Use::ComputeResource, &subject, "compute-resource", LIFE_IN_RUN)
    }

    /// Whether requests with it are let in.
    pub(crate) fn check_api(&self, token: &str) -> Result<(), Unacceptable> {
        self.check(token, Use::Api).map(|_| ())
    }

    /// Which run the token of an instance belongs to.
    pub(crate) fn check_run(&self, token: &str) -> Result<String, Unacceptable> {
        self.check(token, Use::ComputeResource).map(|claims| claims.sub)
    }

    /// Takes a token's validity from it.
    pub(crate) fn revoke(&self, token: &str) {
        self.issued().revoked.insert(token.to_owned());
    }

    /// Takes it from all that were issued.
    pub(crate) fn revoke_all(&self) {
        let mut issued = self.issued();
        issued.revoked_to = issued.latest;
    }

    fn issue(&self, good_for: Use, subject: &str, grant_type: &str, life: Duration) -> String {
        let number = {
            let mut issued = self.issued();
            issued.latest += 1;
            issued.latest
        };
        let now = self.clock.now();
        let claims = Claims {
            iam_id: format!("IBMid-{subject}"),
            id: format!("IBMid-{subject}"),
            realmid: "IBMid".to_owned(),
            jti: number.to_string(),
            identifier: subject.to_owned(),
            sub: subject.to_owned(),
            sub_type: "ServiceId".to_owned(),
            good_for,
            iat: epoch(now),
            exp: epoch(now + life),
            iss: "https://iam.cloud.ibm.com/identity".to_owned(),
            grant_type: grant_type.to_owned(),
            scope: "ibm openid".to_owned(),
            client_id: "default".to_owned(),
        };
        // Texts and numbers can always be written.
        let claims = serde_json::to_vec(&claims).expect("a struct of texts and numbers");
        let signed = format!("{HEAD}.{}", BASE64_URL_SAFE_NO_PAD.encode(claims));
        let signature = BASE64_URL_SAFE_NO_PAD.encode(self.mac(&signed).finalize().into_bytes());
        format!("{signed}.{signature}")
    }

    fn check(&self, token: &str, good_for: Use) -> Result<Claims, Unacceptable> {
        let claims = self.read(token).ok_or(Unacceptable::Foreign)?;
        if claims.good_for != good_for {
            return Err(Unacceptable::Foreign);
        }
        if claims.exp <= epoch(self.clock.now()) {
            return Err(Unacceptable::Expired);
        }
        let issued = self.issued();
        let number: u64 = claims.jti.parse().map_err(|_| Unacceptable::Foreign)?;
        if number <= issued.revoked_to || issued.revoked.contains(token) {
            return Err(Unacceptable::Revoked);
        }
        Ok(claims)
    }

    fn read(&self, token: &str) -> Option<Claims> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.mac(signed).verify_slice(&signature).ok()?;
        let (_, claims) = signed.split_once('.')?;
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }

    fn mac(&self, text: &str) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("a key may have any length");
        mac.chain_update(text)
    }

    fn issued(&self) -> MutexGuard<'_, Issued> {
        self.issued.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Seconds since 1970.
pub(super) fn epoch(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_token_is_valid_until_it_expires() {
        let clock = Clock::default();
        let tokens = Tokens::new(clock.clone());
        let token = tokens.for_api("me", "apikey", HOUR);
        assert_eq!(tokens.check_api(&token), Ok(()));
        assert_eq!(tokens.check_run(&token), Err(Unacceptable::Foreign));
        clock.advance(HOUR);
        assert_eq!(tokens.check_api(&token), Err(Unacceptable::Expired));
    }

    #[test]
    fn a_revoked_token_is_refused_and_a_later_one_is_not() {
        let tokens = Tokens::new(Clock::default());
        let [first, second] = [(); 2].map(|()| tokens.for_api("me", "apikey", HOUR));
        tokens.revoke(&first);
        assert_eq!(tokens.check_api(&first), Err(Unacceptable::Revoked));
        assert_eq!(tokens.check_api(&second), Ok(()));
        tokens.revoke_all();
        assert_eq!(tokens.check_api(&second), Err(Unacceptable::Revoked));
        assert_eq!(tokens.check_api(&tokens.for_api("me", "apikey", HOUR)), Ok(()));
    }

    #[test]
    fn tokens_of_others_and_changed_ones_are_foreign() {
        let clock = Clock::default();
        let tokens = Tokens::new(clock.clone());
        let other = Tokens::new(clock).for_api("me", "apikey", HOUR);
        assert_eq!(tokens.check_api(&other), Err(Unacceptable::Foreign));
        assert_eq!(tokens.check_api("nonsense"), Err(Unacceptable::Foreign));
    }

    #[test]
    fn the_token_of_an_instance_tells_its_run() {
        let tokens = Tokens::new(Clock::default());
        let run = RunId { project: "p".to_owned(), name: "r".to_owned() };
        let token = tokens.of_run(&run);
        assert_eq!(tokens.check_run(&token).as_deref(), Ok("p/r"));
        assert_eq!(tokens.check_api(&token), Err(Unacceptable::Foreign));
    }
}
