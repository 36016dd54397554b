//! Calls in instances of IBM Cloud Code Engine: array jobs whose instances are the program itself.

mod array;
mod backend;
mod clean;
mod client;
mod combination;
mod config;
mod deploy;
mod error;
mod jobs;
mod launch;
mod name;
mod plan;
mod price;
mod refused;
mod request;
mod resource;
mod settings;
mod status;

pub use array::array_specifications;
pub use backend::CodeEngineBackend;
pub use combination::{Combination, CombinationError};
pub use config::{CodeEngineConfig, ImageDelivery, Registry};
pub use error::{ApiError, Refusal};
pub use plan::{Capacity, Quotas, capacity};
