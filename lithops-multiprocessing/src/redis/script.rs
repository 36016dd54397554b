//! The scripts that the server runs, each as a whole.

/// A script, with its first key being the object's own one.
#[derive(Debug)]
#[cfg_attr(not(feature = "redis"), expect(dead_code, reason = "without a server nobody runs them"))]
pub(crate) struct Lua {
    pub(crate) text: &'static str,
}

/// All scripts.
pub(crate) mod scripts {
    use super::Lua;

    macro_rules! script {
        ($name:ident, $file:literal) => {
            pub(crate) static $name: Lua = Lua {
                text: concat!(
                    include_str!("scripts/prelude.lua"),
                    include_str!(concat!("scripts/", $file))
                ),
            };
        };
    }

    script!(ADVANCE, "advance.lua");
    script!(APPEND, "append.lua");
    script!(CLOSE, "close.lua");
    script!(COMMAND, "command.lua");
    script!(CREATE, "create.lua");
    script!(GET, "get.lua");
    script!(IDLE, "idle.lua");
    script!(INSERT, "insert.lua");
    script!(POLL, "poll.lua");
    script!(PUT, "put.lua");
    script!(REMOVE, "remove.lua");
    script!(REPLACE, "replace.lua");
    script!(STAGE, "stage.lua");
    script!(SWAP, "swap.lua");
    script!(TAKE, "take.lua");
    script!(TASK_DONE, "task_done.lua");
    script!(TOUCH, "touch.lua");
}
