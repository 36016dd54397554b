//! Jobs and calls as numbers for those who watch over services: OpenTelemetry and Prometheus.
//!
//! | Prometheus | OpenTelemetry | What | Labels |
//! |---|---|---|---|
//! | `lithops_jobs_total` | `lithops.jobs` | jobs that have ended | `backend`, `outcome`: `ok`, `failed`, `dropped` |
//! | `lithops_jobs_running` | `lithops.jobs.running` | jobs that run | `backend` |
//! | `lithops_calls_total` | `lithops.calls` | calls that have their outcome | `backend`, `outcome`: `ok`, or the [kind](lithops_core::wire::CallError::kind) of failure |
//! | `lithops_call_seconds` | `lithops.call.duration` | how long calls ran, in seconds | `backend`, `outcome` |
//! | `lithops_call_cpu_seconds_total` | `lithops.call.cpu` | their time on processors, in seconds | `backend` |
//! | `lithops_result_bytes_total` | `lithops.result.size` | bytes of their results | `backend` |
//!
//! Names of functions and jobs are no labels: there would be no end of them.

mod follow;
#[cfg(feature = "opentelemetry")]
mod opentelemetry;
#[cfg(feature = "prometheus")]
mod prometheus;

#[cfg(feature = "opentelemetry")]
pub use opentelemetry::OpenTelemetryObserver;
#[cfg(feature = "prometheus")]
pub use prometheus::PrometheusObserver;
