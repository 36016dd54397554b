//! Queues.

use lithops::multiprocessing::{MultiprocessingError, Pool, Queue, Result};

use crate::world::{LONG, SHORT, World};

crate::cases! {
    items_come_out_in_the_order_in_which_they_went_in,
    a_full_queue_takes_no_more,
    an_empty_queue_gives_nothing,
    who_waits_for_room_gets_it,
    each_item_is_taken_once,
    a_queue_is_joined_when_all_tasks_are_done,
    items_keep_their_types,
}

fn items_come_out_in_the_order_in_which_they_went_in(world: &World) {
    let queue = Queue::over(&world.context, 0).unwrap();
    assert!(queue.is_empty().unwrap());
    for item in 0..10 {
        queue.put(item).unwrap();
    }
    assert_eq!(queue.len().unwrap(), 10);
    assert!(!queue.is_full().unwrap());
    let items: Vec<u32> = (0..10).map(|_| queue.get().unwrap()).collect();
    assert_eq!(items, (0..10).collect::<Vec<_>>());
}

fn a_full_queue_takes_no_more(world: &World) {
    let queue = Queue::over(&world.context, 2).unwrap();
    queue.put(1).unwrap();
    queue.try_put(2).unwrap();
    assert!(queue.is_full().unwrap());
    assert!(matches!(queue.try_put(3), Err(MultiprocessingError::QueueFull)));
    let error = queue.put_timeout(3, SHORT).unwrap_err();
    assert!(matches!(error, MultiprocessingError::TimedOut { limit: SHORT, .. }), "{error}");
    assert_eq!(queue.len().unwrap(), 2);
}

fn an_empty_queue_gives_nothing(world: &World) {
    let queue = Queue::<u8>::over(&world.context, 0).unwrap();
    assert!(matches!(queue.try_get(), Err(MultiprocessingError::QueueEmpty)));
    let error = queue.get_timeout(SHORT).unwrap_err();
    assert!(matches!(error, MultiprocessingError::TimedOut { limit: SHORT, .. }), "{error}");
}

fn who_waits_for_room_gets_it(world: &World) {
    let queue = Queue::over(&world.context, 1).unwrap();
    let fill = |queue: Queue<u32>| (0..20).try_for_each(|item| queue.put_timeout(item, LONG));
    let pool = Pool::over(&world.context);
    let fills = pool.apply_async(fill, (queue.clone(),)).unwrap();
    for item in 0..20 {
        assert_eq!(queue.get_timeout(LONG).unwrap(), item);
    }
    fills.get().unwrap();
    assert!(queue.is_empty().unwrap());
}

fn each_item_is_taken_once(world: &World) {
    let (items, taken) =
        (Queue::over(&world.context, 4).unwrap(), Queue::over(&world.context, 0).unwrap());
    let take = |items: Queue<Option<u32>>, taken: Queue<u32>| -> Result<()> {
        while let Some(item) = items.get_timeout(LONG)? {
            taken.put(item)?;
        }
        Ok(())
    };
    let pool = Pool::over(&world.context).chunk_size(1);
    let takes = pool.starmap_async(take, vec![(items.clone(), taken.clone()); 3]).unwrap();
    let ends = vec![None; 3];
    for item in (0..60).map(Some).chain(ends) {
        items.put_timeout(item, LONG).unwrap();
    }
    takes.get_timeout(LONG).unwrap();
    let mut all: Vec<u32> = (0..60).map(|_| taken.try_get().unwrap()).collect();
    all.sort();
    assert_eq!(all, (0..60).collect::<Vec<_>>());
    assert!(taken.is_empty().unwrap());
}

fn a_queue_is_joined_when_all_tasks_are_done(world: &World) {
    let queue = Queue::over(&world.context, 0).unwrap();
    assert!(matches!(queue.task_done(), Err(MultiprocessingError::TaskDoneTooOften)));
    queue.join().unwrap();
    (0..3).try_for_each(|item| queue.put(item)).unwrap();
    assert_eq!(queue.get().unwrap(), 0);
    assert!(!queue.join_timeout(SHORT).unwrap(), "taken is not done");
    queue.task_done().unwrap();
    let work = |queue: Queue<u32>| -> Result<()> {
        for _ in 0..2 {
            queue.get_timeout(LONG)?;
            queue.task_done()?;
        }
        Ok(())
    };
    let pool = Pool::over(&world.context);
    let works = pool.apply_async(work, (queue.clone(),)).unwrap();
    assert!(queue.join_timeout(LONG).unwrap());
    works.get().unwrap();
    assert!(matches!(queue.task_done(), Err(MultiprocessingError::TaskDoneTooOften)));
}

fn items_keep_their_types(world: &World) {
    let bytes = Queue::over(&world.context, 0).unwrap();
    bytes.put(vec![0u8, 255]).unwrap();
    bytes.put(Vec::new()).unwrap();
    assert_eq!(bytes.get().unwrap(), [0u8, 255]);
    assert_eq!(bytes.get().unwrap(), Vec::<u8>::new());
    let pairs = Queue::over(&world.context, 0).unwrap();
    pairs.put(("grüße".to_owned(), Some(1.5))).unwrap();
    assert_eq!(pairs.get().unwrap(), ("grüße".to_owned(), Some(1.5)));
    // A queue is a value too.
    let queues = Queue::over(&world.context, 0).unwrap();
    queues.put(pairs.clone()).unwrap();
    queues.get().unwrap().put((String::new(), None)).unwrap();
    assert_eq!(pairs.get().unwrap(), (String::new(), None));
}
