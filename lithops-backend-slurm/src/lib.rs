//! Calls on the nodes of a cluster of Slurm: array jobs whose tasks are the program itself.

mod array;
mod backend;
mod clean;
mod cluster;
mod config;
mod failure;
mod folder;
mod home;
mod jobs;
mod keys;
mod login;
mod name;
mod nodes;
mod program;
mod queue;
mod refusal;
mod refused;
mod script;
mod section;
mod settings;
mod task;

pub use backend::SlurmBackend;
pub use config::{ContainerEngine, SlurmConfig};
