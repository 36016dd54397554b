//! What a platform bills for, and what a job comes to.

use std::fmt;

/// What a platform bills for each of its instances: processors and memory, by the second.
#[derive(Clone, Debug, PartialEq)]
pub struct Billing {
    /// Processors of an instance.
    pub cpu: f64,
    /// Memory of an instance, in gigabytes of 10⁹ bytes.
    pub memory_gb: f64,
    /// What they cost.
    pub rates: Rates,
}

/// What a second of a processor and of a gigabyte costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Rates {
    /// Price of a processor for a second.
    pub vcpu_second: f64,
    /// Price of a gigabyte of memory for a second.
    pub gb_second: f64,
    /// The currency, such as `USD`.
    pub currency: String,
    /// The day on which these were the rates, such as `2024-08-14`.
    pub as_of: String,
}

/// What a job uses of a platform, and its price.
#[derive(Clone, Debug, PartialEq)]
pub struct Usage {
    /// Seconds of processors.
    pub vcpu_seconds: f64,
    /// Seconds of gigabytes of memory.
    pub gb_seconds: f64,
    /// What both cost, in the currency of the rates; nothing that is free of charge is taken off.
    pub price: f64,
    /// The rates it was reckoned with.
    pub rates: Rates,
}

impl Billing {
    /// What instances cost that run for so many seconds in sum.
    ///
    /// ```
    /// use lithops_core::ports::{Billing, Rates};
    ///
    /// let (currency, as_of) = ("USD".to_owned(), "2024-08-14".to_owned());
    /// let rates = Rates { vcpu_second: 0.000_034_31, gb_second: 0.000_003_56, currency, as_of };
    /// let usage = Billing { cpu: 1.0, memory_gb: 4.0, rates }.usage(1000.0);
    /// assert_eq!((usage.vcpu_seconds, usage.gb_seconds), (1000.0, 4000.0));
    /// assert!((usage.price - 0.04855).abs() < 1e-9);
    /// ```
    pub fn usage(&self, instance_seconds: f64) -> Usage {
        let vcpu_seconds = self.cpu * instance_seconds;
        let gb_seconds = self.memory_gb * instance_seconds;
        let price = vcpu_seconds * self.rates.vcpu_second + gb_seconds * self.rates.gb_second;
        Usage { vcpu_seconds, gb_seconds, price, rates: self.rates.clone() }
    }
}

impl std::ops::Add for Usage {
    type Output = Self;

    /// What two jobs on the same platform use together.
    fn add(self, other: Self) -> Self {
        Self {
            vcpu_seconds: self.vcpu_seconds + other.vcpu_seconds,
            gb_seconds: self.gb_seconds + other.gb_seconds,
            price: self.price + other.price,
            rates: self.rates,
        }
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.1} vCPU-s and {:.1} GB-s, {:.6} {} by the rates of {}",
            self.vcpu_seconds, self.gb_seconds, self.price, self.rates.currency, self.rates.as_of
        )
    }
}
