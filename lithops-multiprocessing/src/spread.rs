//! Functions of several parameters, called with a tuple.

use lithops_core::function::RemoteFn;

/// A function that can be called with the tuple `Args`, of up to six arguments.
///
/// Never implemented by hand.
#[diagnostic::on_unimplemented(
    message = "this function can't be called with `{Args}`",
    label = "takes other arguments, or captures variables",
    note = "arguments go as a tuple, one of them as `(x,)`",
    note = "name the types of a closure's parameters: `|a: u32, b: u32| a + b`"
)]
pub trait Spread<Args, Out>: RemoteFn + Send {
    /// Calls the function.
    fn spread(self, args: Args) -> Out;
}

macro_rules! spread {
    ($($arg:ident),*) => {
        #[diagnostic::do_not_recommend]
        impl<Fun, Out, $($arg),*> Spread<($($arg,)*), Out> for Fun
        where
            Fun: Fn($($arg),*) -> Out + RemoteFn + Send,
        {
            #[expect(non_snake_case, reason = "types lend their names to the values")]
            fn spread(self, ($($arg,)*): ($($arg,)*)) -> Out {
                self($($arg),*)
            }
        }
    };
}

impl<Fun, Out> Spread<(), Out> for Fun
where
    Fun: Fn() -> Out + RemoteFn + Send,
{
    fn spread(self, (): ()) -> Out {
        self()
    }
}

spread!(A);
spread!(A, B);
spread!(A, B, C);
spread!(A, B, C, D);
spread!(A, B, C, D, E);
spread!(A, B, C, D, E, F);
