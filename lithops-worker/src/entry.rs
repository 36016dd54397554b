//! How a process becomes a worker before it reaches its `main`.

use std::sync::atomic::{AtomicBool, Ordering};

use lithops_core::wire::WorkOrder;

use crate::agent::Agent;
use crate::array::Instance;
use crate::launch::{self, Told};

/// Set for a process that is to be a worker: `link`, or the number of a worker that goes by an order;
/// `agent`, for the first process of a container or another machine; or `array`, for that of an instance of an array
/// job.
pub const WORKER_VARIABLE: &str = "LITHOPS_WORKER";
/// Where the worker takes over: `constructor`, or `main` for in [`init`].
pub const ENTRY_VARIABLE: &str = "LITHOPS_WORKER_ENTRY";
/// The order of a worker that works through storage.
pub const ORDER_VARIABLE: &str = "LITHOPS_WORKER_ORDER";
/// Set if the worker is to end when its standard input does: the parent holds the other end.
pub const LEASH_VARIABLE: &str = "LITHOPS_WORKER_LEASH";
/// Limit of the worker's memory in bytes.
pub const MEMORY_VARIABLE: &str = "LITHOPS_WORKER_MEMORY";
/// Where the client of an agent, and of its workers, listens: the path of a Unix socket, or
/// `tcp:HOST:PORT[,HOST:PORT...]`, which are tried in this order.
pub const SOCKET_VARIABLE: &str = "LITHOPS_WORKER_SOCKET";
/// The client's number for an agent, or for the container that it is in.
pub const CONTAINER_VARIABLE: &str = "LITHOPS_WORKER_CONTAINER";
/// The file with the key to a client that listens over TCP: its 32 bytes, or 64 hexadecimal digits.
/// Nobody but its owner may read it.
pub const LINK_KEY_VARIABLE: &str = "LITHOPS_WORKER_LINK_KEY";

/// How many workers an instance of an array job has.
pub const SLOTS_VARIABLE: &str = "LITHOPS_WORKER_SLOTS";
/// Set by the platform: the instance's index in its array.
const INDEX_VARIABLE: &str = "JOB_INDEX";

static PASSED_INIT: AtomicBool = AtomicBool::new(false);
/// Whether the worker ends with its standard input.
static LEASHED: AtomicBool = AtomicBool::new(false);
/// Set in a worker that has not begun to work: it waits for `init`.
static WAITS_FOR_INIT: AtomicBool = AtomicBool::new(false);

/// Lets workers run `main` up to here.
///
/// Optional: without it workers start before `main`. Call it first thing in `main`, after what
/// functions need (a logger, a TLS provider, globals). In a worker it never returns; in a client it
/// does nothing but remember that it was called.
///
/// ```
/// lithops_worker::init();
/// ```
pub fn init() {
    if WAITS_FOR_INIT.load(Ordering::Acquire) {
        become_worker();
    }
    PASSED_INIT.store(true, Ordering::Release);
}

/// Whether this process has passed [`init`], so that its workers can be told to wait for it.
pub fn passed_init() -> bool {
    PASSED_INIT.load(Ordering::Acquire)
}

/// Ends a process that was started as a worker and is about to act as a client instead: it would
/// start workers of its own, and those theirs.
///
/// # Panics
/// In such a process.
pub fn refuse_stray_worker() {
    assert!(
        !WAITS_FOR_INIT.load(Ordering::Acquire),
        "this process was started as a worker of lithops but has not reached `lithops::init()`: \
         call it before making an executor"
    );
}

fn become_worker() -> ! {
    WAITS_FOR_INIT.store(false, Ordering::Release);
    // On a thread of its own: `init` may have been called inside a runtime, where blocking panics.
    let worker = std::thread::spawn(work);
    // The worker ends the process itself, unless it panics.
    worker.join().ok();
    std::process::exit(101)
}

fn work() {
    lithops_core::api::mark_worker_process();
    let task = TASK.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    match task {
        Some(Task::Link) => crate::link::serve(),
        Some(Task::Launch(told)) => launch::serve(told),
        Some(Task::Agent(agent)) => crate::agent::serve(&agent),
        Some(Task::Array(instance)) => crate::array::serve(instance),
        Some(Task::Order(number, order)) => {
            if LEASHED.load(Ordering::Relaxed) {
                crate::link::end_with_stdin();
            }
            crate::storage::serve(number, *order);
        }
        None => {}
    }
}

enum Task {
    Link,
    Agent(Agent),
    Array(Instance),
    Order(u32, Box<WorkOrder>),
    Launch(Told),
}

static TASK: std::sync::Mutex<Option<Task>> = std::sync::Mutex::new(None);

/// Reads and removes what the parent has set for this process, so that its own children are no
/// workers. Gives whether the worker starts right here.
#[cfg(all(target_os = "linux", not(miri)))]
fn take_task() -> Option<bool> {
    if let Some(told) = Told::by_environment() {
        relay();
        // All other variables are for the program.
        put_task(Task::Launch(told), &launch::VARIABLES);
        return Some(true);
    }
    let worker = std::env::var(WORKER_VARIABLE).ok()?;
    let Some(task) = task(&worker) else {
        // Its `main` would act as a client.
        eprintln!(
            "lithops worker: it can't be told what to do: {WORKER_VARIABLE} is `{worker}`, and \
                   the variables beside it are of another version or cut off"
        );
        std::process::exit(UNTOLD);
    };
    let starts_workers = matches!(task, Task::Agent(_) | Task::Array(_));
    let in_main = std::env::var(ENTRY_VARIABLE).is_ok_and(|entry| entry == "main");
    if starts_workers {
        // It serves from here on; the entry that it was told is that of its workers.
        PASSED_INIT.store(in_main, Ordering::Release);
    } else {
        relay();
        memory_limit().into_iter().for_each(crate::limit::set_memory);
    }
    let in_main = in_main && !starts_workers;
    LEASHED.store(std::env::var(LEASH_VARIABLE).is_ok(), Ordering::Relaxed);
    put_task(task, &OWN_VARIABLES);
    if in_main {
        WAITS_FOR_INIT.store(true, Ordering::Release);
    }
    Some(!in_main)
}

/// Exit code of a worker whose orders can't be read.
#[cfg(all(target_os = "linux", not(miri)))]
const UNTOLD: i32 = 125;

/// What the environment says that a worker called `worker` is to do.
#[cfg(all(target_os = "linux", not(miri)))]
fn task(worker: &str) -> Option<Task> {
    let variable = |name| std::env::var(name).ok();
    let number = |name| variable(name)?.parse().ok();
    let order = || WorkOrder::from_text(&variable(ORDER_VARIABLE)?).map(Box::new);
    Some(match worker {
        "link" => Task::Link,
        "agent" => Task::Agent(Agent {
            address: std::env::var_os(SOCKET_VARIABLE)?,
            key: std::env::var_os(LINK_KEY_VARIABLE).map(Into::into),
            number: variable(CONTAINER_VARIABLE)?.parse().ok()?,
        }),
        "array" => Task::Array(Instance {
            order: order()?,
            index: number(INDEX_VARIABLE)?,
            slots: number(SLOTS_VARIABLE)?,
            memory: memory_limit(),
        }),
        worker => Task::Order(worker.parse().ok()?, order()?),
    })
}

#[cfg(all(target_os = "linux", not(miri)))]
fn memory_limit() -> Option<u64> {
    std::env::var(MEMORY_VARIABLE).ok()?.parse().ok()
}

/// What is set for this process alone.
#[cfg(all(target_os = "linux", not(miri)))]
const OWN_VARIABLES: [&str; 9] = [
    WORKER_VARIABLE,
    ENTRY_VARIABLE,
    ORDER_VARIABLE,
    LEASH_VARIABLE,
    MEMORY_VARIABLE,
    SOCKET_VARIABLE,
    CONTAINER_VARIABLE,
    LINK_KEY_VARIABLE,
    SLOTS_VARIABLE,
];

/// Uses the storages of the client that listens, if one does; over TCP none are lent.
#[cfg(all(target_os = "linux", not(miri)))]
fn relay() {
    #[cfg(feature = "relay")]
    if let Some(socket) = std::env::var_os(SOCKET_VARIABLE)
        && !crate::agent::is_tcp(&socket)
    {
        lithops_storage::relay::relay_through(socket.as_ref());
    }
}

/// Keeps the task for [`work`], and removes the variables that told it.
#[cfg(all(target_os = "linux", not(miri)))]
#[expect(unsafe_code, reason = "the environment can only be changed so")]
fn put_task(task: Task, variables: &[&str]) {
    for variable in variables {
        // SAFETY: this runs from a constructor, before `main`, while the process has one thread.
        unsafe { std::env::remove_var(variable) }
    }
    *TASK.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(task);
}

#[cfg(all(target_os = "linux", not(miri)))]
#[expect(unsafe_code, reason = "code before `main` can only be had by a section of the executable")]
mod constructor {
    use std::ffi::{c_char, c_int};

    type Constructor = extern "C" fn(c_int, *const *const c_char, *const *const c_char);

    /// Run by the C runtime before `main`.
    #[used]
    #[unsafe(link_section = ".init_array")]
    static WORKER: Constructor = start;

    extern "C" fn start(
        count: c_int,
        arguments: *const *const c_char,
        environment: *const *const c_char,
    ) {
        // A program with raised privileges takes no orders from its environment.
        if super::super::limit::is_privileged() || super::take_task() != Some(true) {
            return;
        }
        ignore_broken_pipes();
        run_the_others(count, arguments, environment);
        super::become_worker()
    }

    /// Runs the constructors that come after this one: C++ statics and tables such as those of
    /// `inventory` are filled there, and `main` will never be reached.
    fn run_the_others(
        count: c_int,
        arguments: *const *const c_char,
        environment: *const *const c_char,
    ) {
        unsafe extern "C" {
            #[link_name = "__init_array_start"]
            static START: u8;
            #[link_name = "__init_array_end"]
            static END: u8;
        }
        let mut at = (&raw const START).cast::<Option<Constructor>>();
        let end = (&raw const END).cast::<Option<Constructor>>();
        let mut after = false;
        while at < end {
            // SAFETY: the linker lays out an array of constructors between the two symbols; the C
            // runtime calls each of them with these very arguments.
            let constructor = unsafe { *at };
            if let Some(constructor) = constructor {
                if after {
                    constructor(count, arguments, environment);
                }
                after |= constructor as usize == start as Constructor as usize;
            }
            // SAFETY: `at` was below the array's end.
            at = unsafe { at.add(1) };
        }
    }

    /// As the runtime of std does before `main`: a write to a closed pipe is an error, not a death.
    fn ignore_broken_pipes() {
        // SAFETY: sets a disposition that runs no code, before any other thread exists.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    }
}
