//! Values and arrays, and what handles are.

use lithops::multiprocessing::{
    Array, Connection, Event, Lock, Multiprocessing, MultiprocessingError, Pipe, Pool, Queue,
    Result, Value,
};
use lithops::{Config, Executor, FunctionExecutor};

use crate::world::{LONG, SHORT, World, until};

crate::cases! {
    an_update_is_atomic,
    a_locked_value_is_not_set_by_others,
    an_array_has_a_fixed_number_of_places,
    an_object_is_no_more_when_its_maker_drops_it,
    who_waits_for_an_object_that_goes_is_told,
    an_object_lives_as_long_as_the_work_that_it_was_sent_with,
}

crate::cases! {
    IN_MEMORY:
    an_object_in_memory_says_so_in_another_process,
    processes_without_a_server_share_nothing,
}

fn an_update_is_atomic(world: &World) {
    let value = Value::over(&world.context, 0u32).unwrap();
    let add =
        |value: Value<u32>| (0..10).try_for_each(|_| value.update(|count| count + 1).map(drop));
    Pool::over(&world.context).chunk_size(1).map(add, vec![value.clone(); 4]).unwrap();
    assert_eq!(value.get().unwrap(), 40);
    assert_eq!(value.update(|count| count * 2).unwrap(), 80);
}

fn a_locked_value_is_not_set_by_others(world: &World) {
    let value = Value::over(&world.context, "a".to_owned()).unwrap();
    let guard = value.lock().unwrap();
    let pool = Pool::over(&world.context);
    let set = |value: Value<String>| value.set("theirs".to_owned());
    let sets = pool.apply_async(set, (value.clone(),)).unwrap();
    assert!(!sets.wait(SHORT));
    // The holder's thread can.
    value.set("b".to_owned()).unwrap();
    assert_eq!(guard.get().unwrap(), "b");
    guard.set("c".to_owned()).unwrap();
    assert_eq!(value.get().unwrap(), "c");
    guard.release().unwrap();
    sets.get_timeout(LONG).unwrap();
    assert_eq!(value.get().unwrap(), "theirs");
    let _guard = value.lock().unwrap();
    let locked = |value: Value<String>| -> Result<bool> { Ok(value.lock_timeout(SHORT).is_err()) };
    assert!(pool.apply(locked, (value.clone(),)).unwrap());
}

fn an_array_has_a_fixed_number_of_places(world: &World) {
    let array = Array::over(&world.context, [1.5, 2.5, 3.5]).unwrap();
    let double = |array: Array<f64>, place: usize| {
        let _guard = array.lock()?;
        let value = array.get(place)?.unwrap_or_default();
        array.set(place, value * 2.0)
    };
    let arguments = (0..3).map(|place| (array.clone(), place));
    Pool::over(&world.context).starmap(double, arguments).unwrap();
    assert_eq!(array.to_vec().unwrap(), [3.0, 5.0, 7.0]);
    assert_eq!((array.len().unwrap(), array.is_empty().unwrap()), (3, false));
    assert_eq!(array.get(3).unwrap(), None);
    let error = array.set(3, 0.0).unwrap_err();
    assert!(matches!(error, MultiprocessingError::OutOfRange { index: 3, len: 3 }), "{error}");
}

/// Handles that came as arguments name the object; they do not keep it.
fn an_object_is_no_more_when_its_maker_drops_it(world: &World) {
    let queue = Queue::<u8>::over(&world.context, 0).unwrap();
    let names = Queue::over(&world.context, 0).unwrap();
    names.put(queue.clone()).unwrap();
    let name = names.get().unwrap();
    let same = queue.clone();
    drop(queue);
    name.put(1).unwrap();
    assert_eq!(same.get().unwrap(), 1);
    drop(same);
    let error = name.put(1).unwrap_err();
    assert!(matches!(error, MultiprocessingError::Gone { what: "queue" }), "{error}");
    assert!(matches!(name.try_get(), Err(MultiprocessingError::Gone { .. })));
    assert!(matches!(name.len(), Err(MultiprocessingError::Gone { .. })));

    let locks = Queue::over(&world.context, 0).unwrap();
    let lock = Lock::over(&world.context).unwrap();
    locks.put(lock.clone()).unwrap();
    drop(lock);
    let error = locks.get().unwrap().acquire().unwrap_err();
    assert!(matches!(error, MultiprocessingError::Gone { what: "lock" }), "{error}");
}

fn who_waits_for_an_object_that_goes_is_told(world: &World) {
    let event = Event::over(&world.context).unwrap();
    // Sent by hand: an argument would live as long as the call.
    let names = Queue::over(&world.context, 0).unwrap();
    names.put(event.clone()).unwrap();
    let wait = |names: Queue<Event>| -> Result<bool> {
        let waited = names.get()?.wait_timeout(LONG);
        Ok(matches!(waited, Err(MultiprocessingError::Gone { what: "event" })))
    };
    let pool = Pool::over(&world.context);
    let waits = pool.apply_async(wait, (names.clone(),)).unwrap();
    until("it waits", || names.is_empty().unwrap());
    assert!(!waits.wait(SHORT));
    drop(event);
    assert!(waits.get_timeout(LONG).unwrap());
}

/// Whoever sends an object off need not keep a handle.
fn an_object_lives_as_long_as_the_work_that_it_was_sent_with(world: &World) {
    let pool = Pool::over(&world.context);
    let (here, there) = Pipe::duplex_over::<Value<u8>>(&world.context).unwrap();
    let answer = |there: Connection<Value<u8>>, value: Value<u8>| -> Result<u8> {
        there.recv_timeout(LONG)?;
        value.get()
    };
    let value = Value::over(&world.context, 7).unwrap();
    let answers = pool.apply_async(answer, (there, value.clone())).unwrap();
    here.send(value).unwrap();
    assert_eq!(answers.get_timeout(LONG).unwrap(), 7);
}

fn an_object_in_memory_says_so_in_another_process(world: &World) {
    let lock = Lock::over(&world.context).unwrap();
    let executor = lithops::block_on(FunctionExecutor::processes(1)).unwrap();
    let pool = Pool::over(&Multiprocessing::new(executor.handle(), &Config::default()));
    let try_it = |lock: Lock| -> Result<String> {
        Ok(lock.try_acquire().err().map(|error| error.to_string()).unwrap_or_default())
    };
    let text = pool.apply(try_it, (lock,)).unwrap();
    assert!(text.contains("memory of another process") && text.contains("[redis]"), "{text}");
}

fn processes_without_a_server_share_nothing(_: &World) {
    let executor = lithops::block_on(FunctionExecutor::processes(1)).unwrap();
    let error = Lock::over(&Multiprocessing::new(executor.handle(), &Config::default()));
    let error = error.unwrap_err();
    assert!(matches!(error, MultiprocessingError::NoServer { backend: "processes" }), "{error}");
    assert!(error.to_string().contains("[redis]"), "{error}");
}
