//! Locks, semaphores, events, barriers.

use std::time::Duration;

use lithops::multiprocessing::{
    Barrier, BoundedSemaphore, Event, Lock, MultiprocessingError, Pool, Process, Queue, RLock,
    Result, Semaphore, Value,
};

use crate::world::{LONG, SHORT, World, until};

crate::cases! {
    one_holder_at_a_time,
    a_held_lock_is_not_acquired,
    a_lock_whose_holder_panicked_is_released,
    a_lock_keeps_others_out_of_what_it_guards,
    tokens_grow_with_each_acquisition,
    a_thread_acquires_its_own_lock_again,
    a_semaphore_has_so_many_permits,
    a_semaphore_grows_by_release_and_a_bounded_one_does_not,
    an_event_lets_all_go_on_who_wait,
    a_barrier_lets_all_go_on_at_once_again_and_again,
    a_barrier_breaks_when_somebodys_time_is_over,
    an_aborted_barrier_is_broken_until_it_is_reset,
    who_waits_at_a_barrier_that_is_reset_is_told,
    a_barrier_for_nobody_is_refused,
}

crate::cases! {
    IN_MEMORY:
    a_barrier_breaks_when_a_party_is_stopped,
    who_is_stopped_is_told_however_much_goes_on,
}

fn one_holder_at_a_time(world: &World) {
    let lock = Lock::over(&world.context).unwrap();
    let guard = lock.acquire().unwrap();
    assert!(lock.is_locked().unwrap());
    let pool = Pool::over(&world.context);
    let try_it = |lock: Lock| lock.try_acquire().map(|guard| guard.is_some());
    assert!(!pool.apply(try_it, (lock.clone(),)).unwrap());
    let waits = pool.apply_async(|lock: Lock| lock.acquire().map(drop), (lock.clone(),)).unwrap();
    assert!(!waits.wait(SHORT));
    guard.release().unwrap();
    waits.get_timeout(LONG).unwrap();
    assert!(!lock.is_locked().unwrap());
}

fn a_held_lock_is_not_acquired(world: &World) {
    let lock = Lock::over(&world.context).unwrap();
    let _guard = lock.acquire().unwrap();
    assert!(lock.try_acquire().unwrap().is_none());
    let error = lock.acquire_timeout(SHORT).unwrap_err();
    assert!(matches!(error, MultiprocessingError::TimedOut { what: "lock", limit: SHORT }));
}

fn a_lock_whose_holder_panicked_is_released(world: &World) {
    let lock = Lock::over(&world.context).unwrap();
    let panics = |lock: Lock| -> Result<()> {
        let _guard = lock.acquire()?;
        assert!(lock.try_acquire()?.is_some(), "on purpose");
        Ok(())
    };
    assert!(Pool::over(&world.context).apply(panics, (lock.clone(),)).is_err());
    lock.acquire_timeout(LONG).unwrap().release().unwrap();
}

fn a_lock_keeps_others_out_of_what_it_guards(world: &World) {
    let (lock, value) =
        (Lock::over(&world.context).unwrap(), Value::over(&world.context, 0).unwrap());
    let add = |lock: Lock, value: Value<u32>| -> Result<()> {
        for _ in 0..10 {
            let _guard = lock.acquire_timeout(LONG)?;
            value.set(value.get()? + 1)?;
        }
        Ok(())
    };
    let arguments = (0..4).map(|_| (lock.clone(), value.clone()));
    Pool::over(&world.context).chunk_size(1).starmap(add, arguments).unwrap();
    assert_eq!(value.get().unwrap(), 40);
}

fn tokens_grow_with_each_acquisition(world: &World) {
    let lock = Lock::over(&world.context).unwrap();
    let tokens: Vec<u64> = (0..3).map(|_| lock.acquire().unwrap().token()).collect();
    assert_eq!(tokens, [1, 2, 3]);
}

fn a_thread_acquires_its_own_lock_again(world: &World) {
    let lock = RLock::over(&world.context).unwrap();
    let outer = lock.acquire().unwrap();
    let inner = lock.try_acquire().unwrap().unwrap();
    let try_it = |lock: RLock| lock.try_acquire().map(|guard| guard.is_some());
    let pool = Pool::over(&world.context);
    inner.release().unwrap();
    assert!(!pool.apply(try_it, (lock.clone(),)).unwrap());
    let here = std::thread::scope(|scope| {
        scope.spawn(|| lock.try_acquire().unwrap().is_none()).join().unwrap()
    });
    assert!(here, "another thread is another holder");
    outer.release().unwrap();
    assert!(pool.apply(try_it, (lock,)).unwrap());
}

fn a_semaphore_has_so_many_permits(world: &World) {
    let semaphore = Semaphore::over(&world.context, 2).unwrap();
    let first = semaphore.acquire().unwrap();
    let _second = semaphore.acquire().unwrap();
    assert_eq!(semaphore.value().unwrap(), 0);
    assert!(semaphore.try_acquire().unwrap().is_none());
    let error = semaphore.acquire_timeout(SHORT).unwrap_err();
    assert!(matches!(error, MultiprocessingError::TimedOut { what: "semaphore", .. }));
    drop(first);
    assert_eq!(semaphore.value().unwrap(), 1);
    assert!(semaphore.try_acquire().unwrap().is_some());
}

fn a_semaphore_grows_by_release_and_a_bounded_one_does_not(world: &World) {
    let semaphore = Semaphore::over(&world.context, 0).unwrap();
    let pool = Pool::over(&world.context);
    let waits =
        pool.apply_async(|s: Semaphore| s.acquire_timeout(LONG)?.detach(), (semaphore.clone(),));
    let waits = waits.unwrap();
    assert!(!waits.wait(SHORT));
    semaphore.release().unwrap();
    waits.get_timeout(LONG).unwrap();
    assert_eq!(semaphore.value().unwrap(), 0, "it was detached");
    semaphore.release().unwrap();
    assert_eq!(semaphore.value().unwrap(), 1);

    let bounded = BoundedSemaphore::over(&world.context, 1).unwrap();
    assert!(matches!(bounded.release(), Err(MultiprocessingError::ReleasedTooOften)));
    bounded.acquire().unwrap().detach().unwrap();
    bounded.release().unwrap();
    assert!(matches!(bounded.release(), Err(MultiprocessingError::ReleasedTooOften)));
    assert_eq!(bounded.value().unwrap(), 1);
}

fn an_event_lets_all_go_on_who_wait(world: &World) {
    let event = Event::over(&world.context).unwrap();
    assert!(!event.is_set().unwrap());
    assert!(!event.wait_timeout(SHORT).unwrap());
    let pool = Pool::over(&world.context).chunk_size(1);
    let waits = pool.map_async(|event: Event| event.wait_timeout(LONG), vec![event.clone(); 4]);
    let waits = waits.unwrap();
    assert!(!waits.wait(SHORT));
    event.set().unwrap();
    assert_eq!(waits.get().unwrap(), [true; 4]);
    assert!(event.is_set().unwrap());
    event.clear().unwrap();
    assert!(!event.is_set().unwrap());
}

fn a_barrier_lets_all_go_on_at_once_again_and_again(world: &World) {
    let barrier = Barrier::over(&world.context, 4).unwrap();
    assert_eq!(barrier.parties().unwrap(), 4);
    let wait_thrice = |barrier: Barrier| {
        (0..3).map(|_| barrier.wait_timeout(LONG)).collect::<Result<Vec<usize>>>()
    };
    let pool = Pool::over(&world.context).chunk_size(1);
    let places = pool.map(wait_thrice, vec![barrier.clone(); 4]).unwrap();
    for round in 0..3 {
        let mut places: Vec<usize> = places.iter().map(|places| places[round]).collect();
        places.sort();
        assert_eq!(places, [0, 1, 2, 3]);
    }
    assert_eq!(barrier.waiting().unwrap(), 0);
}

fn wait_at(barrier: Barrier, broken: Queue<bool>) -> Result<()> {
    let waited = barrier.wait_timeout(LONG);
    broken.put(matches!(waited, Err(MultiprocessingError::BrokenBarrier)))
}

fn a_barrier_breaks_when_somebodys_time_is_over(world: &World) {
    let barrier = Barrier::over(&world.context, 3).unwrap();
    let broken = Queue::over(&world.context, 0).unwrap();
    let pool = Pool::over(&world.context);
    let waits = pool.apply_async(wait_at, (barrier.clone(), broken.clone())).unwrap();
    until("somebody waits", || barrier.waiting().unwrap() == 1);
    let error = barrier.wait_timeout(SHORT).unwrap_err();
    assert!(matches!(error, MultiprocessingError::BrokenBarrier), "{error}");
    assert!(broken.get_timeout(LONG).unwrap());
    assert!(barrier.is_broken().unwrap());
    assert!(matches!(barrier.wait(), Err(MultiprocessingError::BrokenBarrier)));
    waits.get().unwrap();
}

fn an_aborted_barrier_is_broken_until_it_is_reset(world: &World) {
    let barrier = Barrier::over(&world.context, 1).unwrap();
    assert_eq!(barrier.wait().unwrap(), 0);
    barrier.abort().unwrap();
    assert!(matches!(barrier.wait(), Err(MultiprocessingError::BrokenBarrier)));
    barrier.reset().unwrap();
    assert!(!barrier.is_broken().unwrap());
    assert_eq!(barrier.wait_timeout(Duration::ZERO).unwrap(), 0);
}

fn who_waits_at_a_barrier_that_is_reset_is_told(world: &World) {
    let barrier = Barrier::over(&world.context, 2).unwrap();
    let broken = Queue::over(&world.context, 0).unwrap();
    let pool = Pool::over(&world.context);
    let waits = pool.apply_async(wait_at, (barrier.clone(), broken.clone())).unwrap();
    until("somebody waits", || barrier.waiting().unwrap() == 1);
    barrier.reset().unwrap();
    assert!(broken.get_timeout(LONG).unwrap());
    assert!(!barrier.is_broken().unwrap());
    assert_eq!(barrier.waiting().unwrap(), 0);
    waits.get().unwrap();
}

fn a_barrier_for_nobody_is_refused(world: &World) {
    let error = Barrier::over(&world.context, 0).unwrap_err();
    assert!(matches!(error, MultiprocessingError::Invalid { what: "parties", value: 0, .. }));
}

fn a_barrier_breaks_when_a_party_is_stopped(world: &World) {
    let barrier = Barrier::over(&world.context, 2).unwrap();
    let wait = |barrier: Barrier| barrier.wait().map(drop);
    let mut process = Process::new(wait, (barrier.clone(),)).daemon(true).over(&world.context);
    process.start().unwrap();
    until("it waits", || barrier.waiting().unwrap() == 1);
    process.terminate().unwrap();
    until("it has gone", || barrier.is_broken().unwrap());
    assert_eq!(barrier.waiting().unwrap(), 0);
    assert!(matches!(barrier.wait(), Err(MultiprocessingError::BrokenBarrier)));
}

fn who_is_stopped_is_told_however_much_goes_on(world: &World) {
    let (items, told) =
        (Queue::over(&world.context, 0).unwrap(), Queue::over(&world.context, 0).unwrap());
    let join = |items: Queue<u8>, told: Queue<bool>| {
        told.put(false)?;
        let joined = items.join();
        told.put(matches!(joined, Err(MultiprocessingError::Stopped)))
    };
    items.put(0).unwrap();
    let arguments = (items.clone(), told.clone());
    let mut process = Process::new(join, arguments).daemon(true).over(&world.context);
    process.start().unwrap();
    assert!(!told.get_timeout(LONG).unwrap(), "it has begun");
    process.terminate().unwrap();
    until("it is told", || {
        items.put(1).unwrap();
        items.get().unwrap();
        items.task_done().unwrap();
        matches!(told.try_get(), Ok(true))
    });
}
