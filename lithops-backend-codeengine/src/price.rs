//! What instances cost, as published.

use lithops_core::ports::Rates;

/// The prices of IBM's own example, in US dollars. They vary by region and by contract, so the
/// configuration can say others.
pub(crate) fn published() -> Rates {
    Rates {
        vcpu_second: 0.000_034_31,
        gb_second: 0.000_003_56,
        currency: "USD".to_owned(),
        as_of: "2024-08-14".to_owned(),
    }
}
