//! Nothing but what the tests of this package are built with.
