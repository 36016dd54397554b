//! Processes.

use lithops::CallError;
use lithops::multiprocessing::{
    Event, MultiprocessingError, Process, Queue, Result, cpu_count, current_process,
};

use crate::world::{LONG, SHORT, World, until};

crate::cases! {
    a_process_runs_once_and_ends_with_0,
    a_panic_or_an_error_ends_with_1,
    a_terminated_process_ends_with_minus_15,
    a_killed_process_ends_with_minus_9,
    a_process_that_is_dropped_is_waited_for,
    a_daemon_that_is_dropped_is_stopped,
    a_process_that_was_not_started_is_no_process,
    a_process_has_a_name,
}

fn put(queue: Queue<String>, text: String) -> Result<()> {
    queue.put(text)
}

fn wait_for(event: Event) -> Result<bool> {
    event.wait_timeout(LONG)
}

fn a_process_runs_once_and_ends_with_0(world: &World) {
    let queue = Queue::over(&world.context, 0).unwrap();
    let mut process = Process::new(put, (queue.clone(), "done".to_owned())).over(&world.context);
    assert!(!process.is_alive());
    process.start().unwrap();
    assert!(process.join_timeout(LONG).unwrap());
    assert_eq!(process.exit_code(), Some(0));
    assert_eq!(process.error(), None);
    assert!(!process.is_alive());
    assert_eq!(queue.try_get().unwrap(), "done");
    assert!(matches!(queue.try_get(), Err(MultiprocessingError::QueueEmpty)));
    assert!(matches!(process.start(), Err(MultiprocessingError::StartedTwice)));
}

fn a_panic_or_an_error_ends_with_1(world: &World) {
    let mut panics =
        Process::new(|x: u8| assert_eq!(x, 0, "on purpose"), (1u8,)).over(&world.context);
    panics.start().unwrap();
    assert!(panics.join_timeout(LONG).unwrap());
    assert_eq!(panics.exit_code(), Some(1));
    let Some(CallError::Panicked(report)) = panics.error() else { panic!("{:?}", panics.error()) };
    assert!(report.message.contains("on purpose"), "{}", report.message);

    let mut fails = Process::new(|| "x".parse::<u8>().map(drop), ()).over(&world.context);
    fails.start().unwrap();
    fails.join().unwrap();
    assert_eq!(fails.exit_code(), Some(1));

    let mut fails = Process::new(|| Err::<(), String>("typed".to_owned()), ()).over(&world.context);
    fails.start().unwrap();
    fails.join().unwrap();
    assert_eq!(fails.exit_code(), Some(1));
}

fn a_terminated_process_ends_with_minus_15(world: &World) {
    let event = Event::over(&world.context).unwrap();
    let mut process = Process::new(wait_for, (event,)).over(&world.context);
    process.start().unwrap();
    assert!(!process.join_timeout(SHORT).unwrap());
    assert!(process.is_alive());
    assert_eq!(process.exit_code(), None);
    process.terminate().unwrap();
    assert!(process.join_timeout(LONG).unwrap());
    assert_eq!(process.exit_code(), Some(-15));
}

fn a_killed_process_ends_with_minus_9(world: &World) {
    let event = Event::over(&world.context).unwrap();
    let mut process = Process::new(wait_for, (event,)).over(&world.context);
    process.start().unwrap();
    process.kill().unwrap();
    process.join().unwrap();
    assert_eq!(process.exit_code(), Some(-9));
}

fn a_process_that_is_dropped_is_waited_for(world: &World) {
    let (event, queue) =
        (Event::over(&world.context).unwrap(), Queue::over(&world.context, 0).unwrap());
    let wait_and_put = |event: Event, queue: Queue<bool>| {
        let is_set = event.wait_timeout(LONG)?;
        queue.put(is_set)
    };
    let arguments = (event.clone(), queue.clone());
    let mut process = Process::new(wait_and_put, arguments).over(&world.context);
    process.start().unwrap();
    event.set().unwrap();
    drop(process);
    assert!(queue.try_get().unwrap());
}

fn a_daemon_that_is_dropped_is_stopped(world: &World) {
    let (started, never) =
        (Event::over(&world.context).unwrap(), Event::over(&world.context).unwrap());
    let say_and_wait = |started: Event, never: Event| {
        started.set()?;
        never.wait()
    };
    let arguments = (started.clone(), never.clone());
    let mut process = Process::new(say_and_wait, arguments).daemon(true).over(&world.context);
    process.start().unwrap();
    assert!(started.wait_timeout(LONG).unwrap());
    // Nobody will ever set the event: this returns because it does not wait.
    drop(process);
}

fn a_process_that_was_not_started_is_no_process(world: &World) {
    let process = Process::new(|| (), ()).over(&world.context);
    assert!(matches!(process.join(), Err(MultiprocessingError::NotStarted)));
    assert!(matches!(process.terminate(), Err(MultiprocessingError::NotStarted)));
    assert_eq!(process.exit_code(), None);
    assert_eq!(process.id(), None);
}

fn a_process_has_a_name(world: &World) {
    assert_eq!(current_process().name, "MainProcess");
    assert!(!current_process().is_worker);
    assert!(cpu_count() >= 1);
    let queue = Queue::over(&world.context, 0).unwrap();
    let name = |queue: Queue<(String, bool)>| {
        let process = current_process();
        queue.put((process.name, process.is_worker))
    };
    let mut process = Process::new(name, (queue.clone(),)).named("reader").over(&world.context);
    assert_eq!(process.name(), "reader");
    process.start().unwrap();
    let (name, is_worker) = queue.get_timeout(LONG).unwrap();
    assert_eq!((name, is_worker), (format!("{}-0", process.id().unwrap()), true));
    until("its end", || !process.is_alive());
}
