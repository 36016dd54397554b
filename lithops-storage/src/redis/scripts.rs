//! The scripts that the server runs, each as a whole.

use std::sync::LazyLock;

use redis::Script;

macro_rules! script {
    ($name:ident, $file:literal) => {
        pub(super) static $name: LazyLock<Script> =
            LazyLock::new(|| Script::new(include_str!(concat!("scripts/", $file))));
    };
}

script!(READ, "read.lua");
script!(WRITE, "write.lua");
script!(COPY, "copy.lua");
script!(DELETE, "delete.lua");
script!(LIST, "list.lua");
