//! Processes that die, servers that go, and what keeps the rest going.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lithops::multiprocessing::{
    Barrier, Condition, Event, Lock, Multiprocessing, MultiprocessingError, Pool, Process, Queue,
    RLock, Result, Semaphore, Value,
};
use lithops::{CallError, Config};
use redis::Value as Answer;

use crate::world::{LEASE, LONG, SHORT, World, until};

crate::cases! {
    a_lock_whose_holder_was_killed_is_released,
    everything_else_that_a_killed_process_held_is_released,
    a_holder_that_lives_keeps_its_lock_longer_than_a_lease,
    a_holder_that_was_stopped_for_longer_than_a_lease_is_told,
    a_barrier_where_a_party_was_killed_breaks,
    a_killed_process_is_not_run_again,
    configured_objects_and_pools_share_the_server,
    keys_expire_and_go_with_their_maker,
    no_payload_or_key_holds_the_password,
    a_server_that_is_not_there_is_an_error_at_once,
    a_connection_that_does_not_answer_costs_no_lock,
    an_object_outlives_its_expiry_with_its_maker,
    a_lease_and_an_expiry_may_be_without_end,
}

fn die() -> ! {
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)
        .unwrap();
    unreachable!("nobody survives this signal")
}

/// Runs a function that kills its own process, and waits for that.
fn killed(mut process: Process) {
    process.start().unwrap();
    assert!(process.join_timeout(LONG).unwrap());
    assert_eq!(process.exit_code(), Some(-9), "{:?}", process.error());
}

fn a_lock_whose_holder_was_killed_is_released(world: &World) {
    let lock = Lock::over(&world.context).unwrap();
    let hold_and_die = |lock: Lock| -> Result<()> {
        let _guard = lock.acquire()?;
        die()
    };
    let pool = Pool::over(&world.context).chunk_size(1);
    killed(Process::new(hold_and_die, (lock.clone(),)).over(&world.context));
    let since = Instant::now();
    assert!(lock.is_locked().unwrap(), "its lease is not over");
    let acquire = |lock: Lock| lock.acquire_timeout(LONG)?.release();
    pool.map(acquire, vec![lock.clone(); 3]).unwrap();
    let took = since.elapsed();
    assert!(took < LEASE + Duration::from_secs(20), "{took:?}");
    assert_eq!(lock.acquire().unwrap().token(), 5);
}

fn everything_else_that_a_killed_process_held_is_released(world: &World) {
    let context = &world.context;
    let (rlock, semaphore) = (RLock::over(context).unwrap(), Semaphore::over(context, 1).unwrap());
    let (condition, value) = (Condition::over(context).unwrap(), Value::over(context, 1).unwrap());
    let hold_and_die = |rlock: RLock,
                        semaphore: Semaphore,
                        condition: Condition,
                        value: Value<u8>|
     -> Result<()> {
        let _held = (rlock.acquire()?, rlock.acquire()?, semaphore.acquire()?);
        let _more = (condition.acquire()?, value.lock()?);
        die()
    };
    let arguments = (rlock.clone(), semaphore.clone(), condition.clone(), value.clone());
    killed(Process::new(hold_and_die, arguments).over(context));
    rlock.acquire_timeout(LONG).unwrap().release().unwrap();
    semaphore.acquire_timeout(LONG).unwrap().release().unwrap();
    condition.acquire_timeout(LONG).unwrap().release().unwrap();
    value.lock_timeout(LONG).unwrap().release().unwrap();
}

fn a_holder_that_lives_keeps_its_lock_longer_than_a_lease(world: &World) {
    let context = world.context.clone().lease(Duration::from_millis(600));
    let lock = Lock::over(&context).unwrap();
    let guard = lock.acquire().unwrap();
    assert!(lock.acquire_timeout(Duration::from_millis(2000)).is_err());
    guard.release().unwrap();
}

/// The holder is a process of its own, stopped by a signal, as a machine that sleeps would be.
fn a_holder_that_was_stopped_for_longer_than_a_lease_is_told(world: &World) {
    let context = world.context.clone().lease(Duration::from_millis(500));
    let (lock, pids) = (Lock::over(&context).unwrap(), Queue::over(&context, 0).unwrap());
    let (go_on, told) = (Event::over(&context).unwrap(), Queue::over(&context, 0).unwrap());
    let hold = |lock: Lock, pids: Queue<i32>, go_on: Event, told: Queue<bool>| {
        let guard = lock.acquire()?;
        pids.put(std::process::id() as i32)?;
        go_on.wait_timeout(LONG)?;
        told.put(matches!(guard.release(), Err(MultiprocessingError::LeaseLost { what: "lock" })))
    };
    let arguments = (lock.clone(), pids.clone(), go_on.clone(), told.clone());
    let mut process = Process::new(hold, arguments).over(&context);
    process.start().unwrap();
    let pid = rustix::process::Pid::from_raw(pids.get_timeout(LONG).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::STOP).unwrap();
    let guard = lock.acquire_timeout(LONG).unwrap();
    go_on.set().unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::CONT).unwrap();
    until("it has ended", || !process.is_alive());
    assert_eq!(process.error(), None);
    assert!(told.try_get().unwrap());
    // It has not freed what is another's now.
    assert!(lock.try_acquire().unwrap().is_none());
    guard.release().unwrap();
    process.join().unwrap();
}

fn a_barrier_where_a_party_was_killed_breaks(world: &World) {
    let (barrier, pids) =
        (Barrier::over(&world.context, 3).unwrap(), Queue::over(&world.context, 0).unwrap());
    let wait = |barrier: Barrier, pids: Queue<i32>| {
        pids.put(std::process::id() as i32)?;
        barrier.wait_timeout(LONG).map(drop)
    };
    let mut process = Process::new(wait, (barrier.clone(), pids.clone())).over(&world.context);
    process.start().unwrap();
    let pid = rustix::process::Pid::from_raw(pids.get_timeout(LONG).unwrap()).unwrap();
    until("it waits", || barrier.waiting().unwrap() == 1);
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    process.join().unwrap();
    let error = barrier.wait_timeout(LONG).unwrap_err();
    assert!(matches!(error, MultiprocessingError::BrokenBarrier), "{error}");
    assert_eq!(process.exit_code(), Some(-9));
}

fn a_killed_process_is_not_run_again(world: &World) {
    let runs = Value::over(&world.context, 0u32).unwrap();
    let count_and_die = |runs: Value<u32>| -> Result<()> {
        runs.update(|runs| runs + 1)?;
        die()
    };
    let mut process = Process::new(count_and_die, (runs.clone(),)).over(&world.context);
    process.start().unwrap();
    process.join().unwrap();
    assert!(matches!(process.error(), Some(CallError::Signalled { signal: 9, .. })));
    assert_eq!(runs.get().unwrap(), 1);
    let mut exits = Process::new(|| -> () { std::process::exit(7) }, ()).over(&world.context);
    exits.start().unwrap();
    exits.join().unwrap();
    assert_eq!(exits.exit_code(), Some(7));
}

/// As users write it: nothing but the configuration file says where the server is.
fn configured_objects_and_pools_share_the_server(_: &World) {
    // A call that was first does not decide for the program.
    let make = || Lock::new().map(|lock| format!("{lock:?}"));
    let lock = Pool::over(&World::threads().context).apply(make, ()).unwrap();
    assert!(lock.ends_with("in memory"), "{lock}");
    let value = Value::new(0u32).unwrap();
    let pool = Pool::new(2).unwrap();
    let add = |value: Value<u32>| -> Result<u32> {
        value.update(|count| count + 1)?;
        Ok(std::process::id())
    };
    let pids = pool.map(add, vec![value.clone(); 4]).unwrap();
    assert!(!pids.contains(&std::process::id()));
    assert_eq!(value.get().unwrap(), 4);
    pool.close();
    pool.join().unwrap();
    // More processes than the machine has processors, that all need each other.
    let (parties, barrier) = (5, Barrier::new(5).unwrap());
    let meet = |barrier: Barrier| barrier.wait_timeout(LONG).map(drop);
    let mut processes: Vec<_> =
        (0..parties).map(|_| Process::new(meet, (barrier.clone(),))).collect();
    processes.iter_mut().try_for_each(Process::start).unwrap();
    processes.iter().try_for_each(Process::join).unwrap();
    assert!(processes.iter().all(|process| process.exit_code() == Some(0)));
}

fn ask(command: &[&str]) -> Answer {
    let address = std::env::var("LITHOPS_TEST_REDIS").unwrap();
    let mut connection = redis::Client::open(address).unwrap().get_connection().unwrap();
    let (name, arguments) = command.split_first().unwrap();
    redis::cmd(name).arg(arguments).query(&mut connection).unwrap()
}

fn keys(prefix: &str) -> Vec<String> {
    redis::from_redis_value(ask(&["KEYS", &format!("{prefix}:mp:*")])).unwrap()
}

/// A context of its own, whose keys no other case has.
fn apart(world: &World, prefix: &str) -> (Multiprocessing, String) {
    let prefix = format!("mp-test-{prefix}-{}", std::process::id());
    let mut config = Config::load().unwrap();
    config.storages.redis.as_mut().unwrap().storage_bucket = Some(prefix.clone());
    let executor = world.executor();
    (Multiprocessing::new(executor, &config), prefix)
}

fn keys_expire_and_go_with_their_maker(world: &World) {
    let (context, prefix) = apart(world, "expiry");
    let context = context.expiry(Duration::from_secs(100));
    let queue = Queue::over(&context, 0).unwrap();
    let (lock, event) = (Lock::over(&context).unwrap(), Event::over(&context).unwrap());
    queue.put(1u8).unwrap();
    let guard = lock.acquire().unwrap();
    // Whoever waits has keys too.
    assert!(!event.wait_timeout(SHORT).unwrap());
    assert!(lock.try_acquire().unwrap().is_none());
    let all = keys(&prefix);
    assert!(all.len() >= 4, "{all:?}");
    for key in &all {
        let Answer::Int(left) = ask(&["PTTL", key]) else { panic!("{key}") };
        assert!((1..=100_000).contains(&left), "{key}: {left} ms");
    }
    drop(guard);
    drop((queue, lock, event));
    assert_eq!(keys(&prefix), Vec::<String>::new());
}

fn no_payload_or_key_holds_the_password(world: &World) {
    let (context, prefix) = apart(world, "secret");
    let password = Config::load().unwrap().storages.redis.unwrap().password.unwrap();
    let queues = Queue::over(&context, 0).unwrap();
    let queue = Queue::<u8>::over(&context, 0).unwrap();
    queues.put(queue.clone()).unwrap();
    let written = keys(&prefix).into_iter().find(|key| key.ends_with(":d")).unwrap();
    let items: Vec<Vec<u8>> =
        redis::from_redis_value(ask(&["LRANGE", &written, "0", "-1"])).unwrap();
    let handle = String::from_utf8_lossy(&items[0]).into_owned();
    assert!(handle.contains(&prefix), "this is the handle: {handle}");
    assert!(!handle.contains(password.expose()));
    assert!(!format!("{queue:?} {context:?}").contains(password.expose()));
}

fn a_server_that_is_not_there_is_an_error_at_once(world: &World) {
    let mut config = Config::load().unwrap();
    // Nobody listens on port 1.
    config.storages.redis.as_mut().unwrap().port = Some(1);
    let context = Multiprocessing::new(world.executor(), &config);
    let error = Lock::over(&context).unwrap_err();
    assert!(matches!(error, MultiprocessingError::Server { .. }), "{error}");
    assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
}

/// Stands between the program and the server, and can stop carrying what its connections say.
struct Between {
    port: u16,
    /// Connections with a lower number are silent.
    first: Arc<AtomicUsize>,
    count: Arc<AtomicUsize>,
}

impl Between {
    fn start() -> Self {
        let address = std::env::var("LITHOPS_TEST_REDIS").unwrap();
        let server = address.rsplit_once('@').unwrap().1.trim_end_matches('/').to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (first, count) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let this = Self { port, first: Arc::clone(&first), count: Arc::clone(&count) };
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(&server).unwrap());
                let number = count.fetch_add(1, Ordering::SeqCst);
                let ways =
                    [(client.try_clone().unwrap(), server.try_clone().unwrap()), (server, client)];
                for (mut from, mut to) in ways {
                    let first = Arc::clone(&first);
                    std::thread::spawn(move || {
                        let mut bytes = [0; 4096];
                        while let Ok(read @ 1..) = from.read(&mut bytes) {
                            if number >= first.load(Ordering::SeqCst)
                                && to.write_all(&bytes[..read]).is_err()
                            {
                                break;
                            }
                        }
                    });
                }
            }
        });
        this
    }

    /// All connections so far are silent from now on, and stay open.
    fn silence(&self) {
        self.first.store(self.count.load(Ordering::SeqCst), Ordering::SeqCst);
    }
}

fn a_connection_that_does_not_answer_costs_no_lock(world: &World) {
    let between = Between::start();
    let mut config = Config::load().unwrap();
    config.storages.redis.as_mut().unwrap().port = Some(between.port);
    let lease = Duration::from_secs(3);
    let context = Multiprocessing::new(world.executor(), &config).lease(lease);
    let locks: Vec<Lock> = (0..3).map(|_| Lock::over(&context).unwrap()).collect();
    let guards: Vec<_> = locks.iter().map(|lock| lock.acquire().unwrap()).collect();
    between.silence();
    let event = Event::over(&world.context).unwrap();
    assert!(!event.wait_timeout(2 * lease).unwrap());
    for guard in guards {
        guard.release().unwrap();
    }
}

fn an_object_outlives_its_expiry_with_its_maker(world: &World) {
    let context = world.context.clone().expiry(Duration::from_secs(3));
    let value = Value::over(&context, 1u8).unwrap();
    let event = Event::over(&world.context).unwrap();
    assert!(!event.wait_timeout(Duration::from_secs(7)).unwrap());
    assert_eq!(value.get().unwrap(), 1);
}

fn a_lease_and_an_expiry_may_be_without_end(world: &World) {
    let context = world.context.clone().lease(Duration::MAX).expiry(Duration::MAX);
    let lock = Lock::over(&context).unwrap();
    let guard = lock.acquire().unwrap();
    assert!(lock.try_acquire().unwrap().is_none());
    guard.release().unwrap();
    assert!(lock.try_acquire().unwrap().is_some());
}
