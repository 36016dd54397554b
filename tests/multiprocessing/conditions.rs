//! Conditions.

use lithops::multiprocessing::{
    Condition, MultiprocessingError, Pool, Process, Queue, Result, Value,
};

use crate::world::{LONG, SHORT, World, until};

crate::cases! {
    so_many_are_notified_as_was_said,
    a_wait_that_is_over_has_the_lock_again,
    a_wait_for_a_state_ends_when_it_has_come,
    the_lock_is_free_while_its_holder_waits,
}

crate::cases! {
    IN_MEMORY:
    who_is_stopped_leaves_its_notice_to_another,
}

/// Waits, having said that it will, and says whether it was notified.
fn wait_at(condition: Condition, waiting: Value<u32>, notified: Queue<bool>) -> Result<()> {
    let mut guard = condition.acquire()?;
    waiting.update(|count| count + 1)?;
    let was_notified = guard.wait_timeout(LONG)?;
    guard.release()?;
    notified.put(was_notified)
}

fn so_many_are_notified_as_was_said(world: &World) {
    let condition = Condition::over(&world.context).unwrap();
    let waiting = Value::over(&world.context, 0).unwrap();
    let notified = Queue::over(&world.context, 0).unwrap();
    let pool = Pool::over(&world.context).chunk_size(1);
    let arguments = (0..4).map(|_| (condition.clone(), waiting.clone(), notified.clone()));
    let waits = pool.starmap_async(wait_at, arguments).unwrap();
    until("all wait", || waiting.get().unwrap() == 4);
    // Whoever has counted itself gives the lock up by waiting only.
    let guard = condition.acquire().unwrap();
    guard.notify(2).unwrap();
    drop(guard);
    assert!(notified.get_timeout(LONG).unwrap());
    assert!(notified.get_timeout(LONG).unwrap());
    assert!(!waits.wait(SHORT));
    assert!(notified.is_empty().unwrap(), "no third one was notified");
    let guard = condition.acquire().unwrap();
    guard.notify_one().unwrap();
    guard.notify_all().unwrap();
    drop(guard);
    waits.get_timeout(LONG).unwrap();
    assert!(notified.get().unwrap());
    assert!(notified.get().unwrap());
}

fn a_wait_that_is_over_has_the_lock_again(world: &World) {
    let condition = Condition::over(&world.context).unwrap();
    let mut outer = condition.acquire().unwrap();
    let inner = condition.acquire().unwrap();
    assert!(!outer.wait_timeout(SHORT).unwrap());
    let try_it =
        |condition: Condition| -> Result<bool> { Ok(condition.acquire_timeout(SHORT).is_ok()) };
    let pool = Pool::over(&world.context);
    assert!(!pool.apply(try_it, (condition.clone(),)).unwrap());
    inner.release().unwrap();
    assert!(!pool.apply(try_it, (condition.clone(),)).unwrap());
    outer.release().unwrap();
    assert!(pool.apply(try_it, (condition,)).unwrap());
}

fn a_wait_for_a_state_ends_when_it_has_come(world: &World) {
    let condition = Condition::over(&world.context).unwrap();
    let value = Value::over(&world.context, 0).unwrap();
    let count = |condition: Condition, value: Value<u32>| -> Result<()> {
        for _ in 0..5 {
            let guard = condition.acquire()?;
            value.update(|count| count + 1)?;
            guard.notify_all()?;
        }
        Ok(())
    };
    let pool = Pool::over(&world.context);
    let counts = pool.apply_async(count, (condition.clone(), value.clone())).unwrap();
    let mut guard = condition.acquire().unwrap();
    let is_five = || Ok(value.get()? == 5);
    assert!(guard.wait_for_timeout(is_five, LONG).unwrap());
    guard.wait_for(|| Ok(true)).unwrap();
    assert!(!guard.wait_for_timeout(|| Ok(false), SHORT).unwrap());
    drop(guard);
    counts.get().unwrap();
}

fn the_lock_is_free_while_its_holder_waits(world: &World) {
    let condition = Condition::over(&world.context).unwrap();
    let notify = |condition: Condition| condition.acquire_timeout(LONG)?.notify_all();
    let mut guard = condition.acquire().unwrap();
    let pool = Pool::over(&world.context);
    let notifies = pool.apply_async(notify, (condition.clone(),)).unwrap();
    assert!(guard.wait_timeout(LONG).unwrap());
    notifies.get().unwrap();
}

fn who_is_stopped_leaves_its_notice_to_another(world: &World) {
    let condition = Condition::over(&world.context).unwrap();
    let (begun, ended) =
        (Queue::over(&world.context, 0).unwrap(), Queue::over(&world.context, 0).unwrap());
    let wait = |condition: Condition, begun: Queue<u8>, ended: Queue<(u8, bool)>, number: u8| {
        let mut guard = condition.acquire()?;
        begun.put(number)?;
        let waited = guard.wait();
        ended.put((number, matches!(waited, Err(MultiprocessingError::Stopped))))
    };
    let [first, _second] = [1, 2].map(|number| {
        let arguments = (condition.clone(), begun.clone(), ended.clone(), number);
        let mut process = Process::new(wait, arguments).daemon(true).over(&world.context);
        process.start().unwrap();
        assert_eq!(begun.get_timeout(LONG).unwrap(), number);
        // It gives the lock up by waiting only.
        condition.acquire().unwrap().release().unwrap();
        process
    });
    first.terminate().unwrap();
    assert_eq!(ended.get_timeout(LONG).unwrap(), (1, true));
    condition.acquire().unwrap().notify_one().unwrap();
    assert_eq!(ended.get_timeout(LONG).unwrap(), (2, false));
}
