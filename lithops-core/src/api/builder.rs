//! The options that all verbs share.

/// Adds the options to a builder with a method `options_mut`.
macro_rules! options {
    ($builder:ident<$($parameter:ident),*>) => {
        impl<$($parameter),*> $builder<$($parameter),*> {
            /// Sends calls in chunks of `calls`; without it the planner chooses, and chunks shrink
            /// towards the end so that workers end together.
            pub fn chunk_size(mut self, calls: u32) -> Self {
                self.options_mut(|options| options.chunk_size = Some(calls.max(1)));
                self
            }

            /// Stops an attempt at a call after `limit`: one hour, unless set, or less where the
            /// platform allows no more.
            pub fn timeout(mut self, limit: std::time::Duration) -> Self {
                self.options_mut(|options| options.timeout = crate::plan::TimeLimit::After(limit));
                self
            }

            /// Says that a call takes about so long, for an estimate of the job's price in its
            /// [summary](crate::api::JobSummary); it bounds nothing.
            pub fn expect_each(mut self, time: std::time::Duration) -> Self {
                self.options_mut(|options| options.expected = Some(time));
                self
            }

            /// Lets calls run as long as they like, and the platform lets them.
            pub fn no_timeout(mut self) -> Self {
                self.options_mut(|options| options.timeout = crate::plan::TimeLimit::Never);
                self
            }

            /// Limits the memory of a worker to `bytes`; a call that needs more ends as
            /// [`OutOfMemory`](crate::wire::CallError::OutOfMemory).
            pub fn memory(mut self, bytes: u64) -> Self {
                self.options_mut(|options| options.memory = Some(bytes));
                self
            }

            /// Runs a call again up to `times` times, whatever it failed of, as long as that may
            /// help. Without it only calls whose worker died run again.
            pub fn retries(mut self, times: u32) -> Self {
                self.options_mut(|options| options.retry.retries = times);
                self
            }

            /// Sets in detail when calls run again.
            pub fn retry_policy(mut self, policy: crate::plan::RetryPolicy) -> Self {
                self.options_mut(|options| options.retry = policy);
                self
            }

            /// Gives the workers an environment variable. They are started anew for it.
            pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
                let (name, value) = (name.into(), value.into());
                self.options_mut(|options| {
                    options.environment.insert(name.clone(), value.clone());
                });
                self
            }

            /// Names the job in progress and logs; the function's path, unless set.
            pub fn name(mut self, name: impl Into<String>) -> Self {
                let name = name.into();
                self.options_mut(|options| options.name = Some(name.clone()));
                self
            }

            /// Sends calls and results through storage even where there is a direct way, so that
            /// another process can take the job up.
            pub fn through_storage(mut self) -> Self {
                self.options_mut(|options| options.transport = crate::plan::Transport::Storage);
                self
            }
        }
    };
}

pub(crate) use options;
