//! Nothing but what the tests and the bench of this package are built with.
