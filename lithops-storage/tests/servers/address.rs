//! Where a server is, as `cargo xtask` tells it.

/// A server, and how to be let in.
#[derive(Clone, Debug)]
#[allow(dead_code, reason = "what is read of it depends on the features")]
pub(super) struct Address {
    /// The address without user and password.
    pub(super) url: String,
    pub(super) user: String,
    pub(super) password: String,
}

/// Reads `SCHEME://USER:PASSWORD@HOST:PORT` from the environment.
///
/// # Errors
/// The reason why the server's cases are ignored.
pub(super) fn of(server: &str) -> Result<Address, String> {
    let variable = format!("LITHOPS_TEST_{}", server.to_uppercase());
    let Ok(value) = std::env::var(&variable) else {
        return Err("needs a server: `cargo xtask test` starts it".to_owned());
    };
    let (scheme, rest) = value.split_once("://").unwrap();
    let (login, host) = rest.split_once('@').unwrap();
    let (user, password) = login.split_once(':').unwrap();
    Ok(Address {
        url: format!("{scheme}://{host}"),
        user: user.replace("%3A", ":"),
        password: password.to_owned(),
    })
}
