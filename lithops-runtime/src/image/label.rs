//! The labels of runtime images.

/// What the image holds: `program`, or [`LAUNCHER`].
pub const RUNTIME: &str = "dev.lithops.runtime";
/// The name of its program.
pub const PROGRAM: &str = "dev.lithops.program";
/// The digest of its program's bytes.
pub const PROGRAM_DIGEST: &str = "dev.lithops.program.digest";
/// The GNU build id of its program, as hexadecimal digits; empty if it has none.
pub const BUILD_ID: &str = "dev.lithops.build-id";
/// The version of its glibc, or [`NONE`].
pub const GLIBC: &str = "dev.lithops.glibc";
/// The libraries that its loader finds, separated by spaces.
pub const LIBRARIES: &str = "dev.lithops.libraries";
/// The version of Lithops that made it.
pub const VERSION: &str = "dev.lithops.version";

/// What [`RUNTIME`] says of an image that fetches programs.
pub const LAUNCHER: &str = "launcher";
/// What [`GLIBC`] says of an image without one.
pub const NONE: &str = "none";
