//! Pipes.

use lithops::multiprocessing::{Connection, MultiprocessingError, Pipe, Pool, Result};

use crate::world::{LONG, SHORT, World};

crate::cases! {
    both_ends_of_a_duplex_pipe_send_and_receive,
    a_one_way_pipe_goes_one_way,
    a_closed_pipe_gives_what_was_sent_and_then_its_end,
    who_waits_at_a_pipe_sees_its_end,
}

fn both_ends_of_a_duplex_pipe_send_and_receive(world: &World) {
    let (here, there) = Pipe::duplex_over::<String>(&world.context).unwrap();
    let answer = |end: Connection<String>| {
        let question = end.recv_timeout(LONG)?;
        end.send(question.to_uppercase())
    };
    let pool = Pool::over(&world.context);
    let answers = pool.apply_async(answer, (there,)).unwrap();
    assert!(!here.poll(SHORT).unwrap());
    here.send("how".to_owned()).unwrap();
    assert!(here.poll(LONG).unwrap());
    assert_eq!(here.recv().unwrap(), "HOW");
    answers.get().unwrap();
    let error = here.recv_timeout(SHORT).unwrap_err();
    assert!(matches!(error, MultiprocessingError::TimedOut { .. }), "{error}");
}

fn a_one_way_pipe_goes_one_way(world: &World) {
    let (reader, writer) = Pipe::one_way_over::<u8>(&world.context).unwrap();
    writer.send(1).unwrap();
    assert_eq!(reader.recv().unwrap(), 1);
    assert!(matches!(reader.send(1), Err(MultiprocessingError::WrongWay("send"))));
    assert!(matches!(writer.recv(), Err(MultiprocessingError::WrongWay("receive"))));
    assert!(matches!(writer.poll(SHORT), Err(MultiprocessingError::WrongWay("receive"))));
}

fn a_closed_pipe_gives_what_was_sent_and_then_its_end(world: &World) {
    let (here, there) = Pipe::duplex_over::<u8>(&world.context).unwrap();
    there.send(1).unwrap();
    there.close().unwrap();
    assert!(here.poll(SHORT).unwrap());
    assert_eq!(here.recv().unwrap(), 1);
    assert!(here.poll(SHORT).unwrap(), "the end is something to receive");
    assert!(matches!(here.recv(), Err(MultiprocessingError::EndOfStream)));
    assert!(matches!(here.recv_timeout(LONG), Err(MultiprocessingError::EndOfStream)));
    assert!(matches!(here.send(1), Err(MultiprocessingError::PipeClosed)));
}

fn who_waits_at_a_pipe_sees_its_end(world: &World) {
    let (reader, writer) = Pipe::one_way_over::<u32>(&world.context).unwrap();
    let sum = |reader: Connection<u32>| -> Result<u32> {
        let mut sum = 0;
        loop {
            match reader.recv_timeout(LONG) {
                Ok(number) => sum += number,
                Err(MultiprocessingError::EndOfStream) => return Ok(sum),
                Err(error) => return Err(error),
            }
        }
    };
    let pool = Pool::over(&world.context);
    let sums = pool.apply_async(sum, (reader,)).unwrap();
    (1..=4).try_for_each(|number| writer.send(number)).unwrap();
    assert!(!sums.wait(SHORT));
    writer.close().unwrap();
    assert_eq!(sums.get_timeout(LONG).unwrap(), 10);
}
