//! Pools.

use std::cell::Cell;
use std::sync::mpsc;

use lithops::multiprocessing::{Event, MultiprocessingError, Pool, Queue, Result, Value};
use lithops::{CallError, Error};

use crate::world::{LONG, SHORT, World};

crate::cases! {
    values_come_in_the_order_of_the_items,
    arguments_go_as_tuples,
    the_first_failure_is_the_result,
    a_result_is_waited_for_and_asked_again,
    items_are_taken_as_results_are,
    items_are_taken_in_chunks,
    a_failed_item_fails_in_its_place,
    unordered_results_come_as_they_are_ready,
    a_closed_pool_takes_no_more_and_ends_what_it_has,
    a_terminated_pool_cancels_what_it_has,
    every_join_waits_for_all_work,
    a_join_ends_when_the_pool_is_terminated,
    a_pool_of_a_call_leaves_the_next_one_its_workers,
    a_failure_is_told_before_all_have_ended,
    work_that_has_ended_keeps_no_objects,
    a_pool_that_is_dropped_is_terminated,
    a_pool_works_on_a_thread_of_a_runtime,
    a_pool_of_nobody_is_refused,
}

fn square(x: i64) -> i64 {
    x * x
}

fn add(a: i64, b: i64) -> i64 {
    a + b
}

fn fail_at_three(x: i64) -> Result<i64, std::io::Error> {
    if x == 3 { Err(std::io::Error::other("three")) } else { Ok(x) }
}

fn wait_for(event: Event) -> Result<bool> {
    event.wait_timeout(LONG)
}

fn values_come_in_the_order_of_the_items(world: &World) {
    let pool = Pool::over(&world.context);
    let expected: Vec<i64> = (0..100).map(square).collect();
    assert_eq!(pool.map(square, 0..100).unwrap(), expected);
    assert_eq!(pool.chunk_size(7).map(square, 0..100).unwrap(), expected);
    assert_eq!(pool.map(square, []).unwrap(), Vec::<i64>::new());
    assert_eq!(pool.map(|x: i64| -x, [1]).unwrap(), [-1]);
}

fn arguments_go_as_tuples(world: &World) {
    let pool = Pool::over(&world.context);
    assert_eq!(pool.apply(square, (7,)).unwrap(), 49);
    assert_eq!(pool.apply(|| 5u8, ()).unwrap(), 5);
    assert_eq!(pool.starmap(add, [(1, 2), (3, 4)]).unwrap(), [3, 7]);
    let six = |a: u8, b: u8, c: u8, d: u8, e: u8, f: u8| [a, b, c, d, e, f];
    assert_eq!(pool.apply(six, (1, 2, 3, 4, 5, 6)).unwrap(), [1, 2, 3, 4, 5, 6]);
}

fn the_first_failure_is_the_result(world: &World) {
    let pool = Pool::over(&world.context);
    let error = pool.map(fail_at_three, 0..6).unwrap_err();
    let MultiprocessingError::Job(Error::Call { index, cause, .. }) = error else {
        panic!("{error}")
    };
    let CallError::Failed(failed) = cause else { panic!("{cause}") };
    assert_eq!((index, failed.message.as_str()), (3, "three"));
}

fn a_result_is_waited_for_and_asked_again(world: &World) {
    let pool = Pool::over(&world.context);
    let event = Event::over(&world.context).unwrap();
    let result = pool.apply_async(wait_for, (event.clone(),)).unwrap();
    assert!(!result.wait(SHORT));
    assert!(!result.ready());
    assert!(matches!(result.successful(), Err(MultiprocessingError::NotReady)));
    assert!(matches!(result.get_timeout(SHORT), Err(MultiprocessingError::TimedOut { .. })));
    event.set().unwrap();
    assert!(result.get_timeout(LONG).unwrap());
    assert!(result.get().unwrap());
    assert!(result.successful().unwrap());
    let failed = pool.map_async(fail_at_three, [3]).unwrap();
    assert!(failed.wait(LONG));
    assert!(!failed.successful().unwrap());
}

fn items_are_taken_as_results_are(world: &World) {
    let pool = Pool::over(&world.context);
    let ahead = 2 * pool.workers();
    let taken = Cell::new(0);
    let items = (0..).inspect(|_| taken.set(taken.get() + 1));
    let mut results = pool.imap(square, items).unwrap();
    assert_eq!(taken.get(), 0);
    for given in 0..50 {
        let value = results.next().unwrap().unwrap();
        assert_eq!(value, square(given));
        let given = given as usize;
        let taken = taken.get();
        assert!((given + pool.workers()..=given + ahead).contains(&taken), "{given}: {taken}");
    }
}

fn items_are_taken_in_chunks(world: &World) {
    let pool = Pool::over(&world.context).chunk_size(3);
    let taken = Cell::new(0);
    let items = (0..1000).inspect(|_| taken.set(taken.get() + 1));
    let mut results = pool.imap(square, items).unwrap();
    assert_eq!(results.next().unwrap().unwrap(), 0);
    let workers = pool.workers();
    assert!((3 * workers..=3 * 2 * workers).contains(&taken.get()), "{}", taken.get());
    assert_eq!(taken.get() % 3, 0);
    let values = pool.imap(square, 0..10).unwrap().map(Result::unwrap);
    assert_eq!(values.sum::<i64>(), 285);
}

fn a_failed_item_fails_in_its_place(world: &World) {
    let pool = Pool::over(&world.context);
    let mut results = pool.imap(fail_at_three, 0..5).unwrap();
    let values: Vec<Option<i64>> = results.by_ref().map(Result::ok).collect();
    assert_eq!(values, [Some(0), Some(1), Some(2), None, Some(4)]);
    assert!(results.next().is_none());
}

fn unordered_results_come_as_they_are_ready(world: &World) {
    let pool = Pool::over(&world.context);
    let event = Event::over(&world.context).unwrap();
    let items = [Some(event.clone()), None];
    let wait = |event: Option<Event>| match event {
        Some(event) => event.wait_timeout(LONG).map(|_| "waited".to_owned()),
        None => Ok("at once".to_owned()),
    };
    let mut results = pool.imap_unordered(wait, items).unwrap();
    assert_eq!(results.next().unwrap().unwrap(), "at once");
    event.set().unwrap();
    assert_eq!(results.next().unwrap().unwrap(), "waited");
    assert!(results.next().is_none());
}

fn a_closed_pool_takes_no_more_and_ends_what_it_has(world: &World) {
    let pool = Pool::over(&world.context);
    assert!(matches!(pool.join(), Err(MultiprocessingError::PoolOpen)));
    let done = Queue::<i64>::over(&world.context, 0).unwrap();
    let put = |queue: Queue<i64>, x: i64| queue.put(x);
    // Nobody keeps the result, and the work is done all the same.
    drop(pool.starmap_async(put, (0..5).map(|x| (done.clone(), x))).unwrap());
    pool.close();
    assert!(matches!(pool.map(square, [1]), Err(MultiprocessingError::PoolClosed)));
    assert!(matches!(pool.imap(square, [1]).err(), Some(MultiprocessingError::PoolClosed)));
    pool.join().unwrap();
    assert_eq!(done.len().unwrap(), 5);
}

fn a_terminated_pool_cancels_what_it_has(world: &World) {
    let pool = Pool::over(&world.context);
    let event = Event::over(&world.context).unwrap();
    let result = pool.apply_async(wait_for, (event,)).unwrap();
    pool.terminate();
    pool.join().unwrap();
    let error = result.get().unwrap_err();
    let is_cancelled =
        matches!(error, MultiprocessingError::Job(Error::Call { cause: CallError::Cancelled, .. }));
    assert!(is_cancelled, "{error}");
    assert!(matches!(pool.map(square, [1]), Err(MultiprocessingError::PoolClosed)));
}

/// Joins on another thread, and tells when that has ended.
fn join_aside(pool: &Pool, ended: &mpsc::Sender<()>) {
    let (pool, ended) = (pool.clone(), ended.clone());
    std::thread::spawn(move || {
        pool.join().unwrap();
        ended.send(()).unwrap();
    });
}

fn every_join_waits_for_all_work(world: &World) {
    let pool = Pool::over(&world.context);
    let event = Event::over(&world.context).unwrap();
    let result = pool.apply_async(wait_for, (event.clone(),)).unwrap();
    pool.close();
    let (ended, end) = mpsc::channel();
    join_aside(&pool, &ended);
    join_aside(&pool, &ended);
    assert!(end.recv_timeout(SHORT).is_err(), "the work has not ended");
    assert!(!result.ready());
    event.set().unwrap();
    end.recv_timeout(LONG).unwrap();
    assert!(result.successful().unwrap());
    end.recv_timeout(LONG).unwrap();
}

fn a_join_ends_when_the_pool_is_terminated(world: &World) {
    let pool = Pool::over(&world.context);
    let event = Event::over(&world.context).unwrap();
    let result = pool.apply_async(wait_for, (event,)).unwrap();
    pool.close();
    let (ended, end) = mpsc::channel();
    join_aside(&pool, &ended);
    assert!(end.recv_timeout(SHORT).is_err(), "the work has not ended");
    pool.terminate();
    // The work itself would wait for longer.
    end.recv_timeout(LONG / 2).unwrap();
    assert!(!result.successful().unwrap());
}

fn a_pool_of_a_call_leaves_the_next_one_its_workers(world: &World) {
    let twice = |x: i64| -> Result<Vec<i64>> {
        let square_once = |x| {
            let pool = Pool::new(2)?;
            let value = pool.apply(square, (x,))?;
            pool.close();
            pool.join()?;
            Ok(value)
        };
        [x, x + 1].map(square_once).into_iter().collect()
    };
    assert_eq!(Pool::over(&world.context).apply(twice, (2,)).unwrap(), [4, 9]);
}

fn a_failure_is_told_before_all_have_ended(world: &World) {
    let pool = Pool::over(&world.context).chunk_size(1);
    let event = Event::over(&world.context).unwrap();
    let wait_or_fail = |event: Option<Event>| match event {
        Some(event) => event.wait_timeout(LONG),
        None => Err(MultiprocessingError::QueueEmpty),
    };
    let result = pool.map_async(wait_or_fail, [Some(event.clone()), None]).unwrap();
    // The call that waits does so for longer.
    let error = result.get_timeout(LONG / 2).unwrap_err();
    let MultiprocessingError::Job(Error::Call { index, .. }) = error else { panic!("{error}") };
    assert_eq!(index, 1);
    assert!(!result.ready());
    event.set().unwrap();
}

fn work_that_has_ended_keeps_no_objects(world: &World) {
    let pool = Pool::over(&world.context);
    let value = Value::over(&world.context, 7u8).unwrap();
    let names = Queue::over(&world.context, 0).unwrap();
    names.put(value.clone()).unwrap();
    let name: Value<u8> = names.get().unwrap();
    assert_eq!(pool.apply(|value: Value<u8>| value.get(), (value,)).unwrap(), 7);
    let error = name.get().unwrap_err();
    assert!(matches!(error, MultiprocessingError::Gone { what: "value" }), "{error}");
}

fn a_pool_that_is_dropped_is_terminated(world: &World) {
    let event = Event::over(&world.context).unwrap();
    let pool = Pool::over(&world.context);
    let result = pool.apply_async(wait_for, (event,)).unwrap();
    let same = pool.clone();
    drop(pool);
    assert!(!result.ready());
    drop(same);
    assert!(result.wait(LONG));
    assert!(!result.successful().unwrap());
}

fn a_pool_works_on_a_thread_of_a_runtime(world: &World) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let values = runtime.block_on(async { Pool::over(&world.context).map(square, [1, 2]) });
    assert_eq!(values.unwrap(), [1, 4]);
}

fn a_pool_of_nobody_is_refused(_: &World) {
    assert!(matches!(Pool::new(0), Err(MultiprocessingError::Invalid { value: 0, .. })));
}
