// lib.rs: mio as contender_mio.h has it. One loop, used by one thread; the
// waker by any.
use mio::{unix::SourceFd, Events, Interest, Poll, Token, Waker};
use std::{io, time::Duration};

static mut LOOP: Option<(Poll, Events)> = None;
static mut WAKER: Option<Waker> = None;

// As in contender_mio.h.
#[repr(C)]
pub struct Copied {
    token: usize,
    readable: bool,
    closed: bool,
}

#[allow(static_mut_refs)]
fn inner() -> &'static mut (Poll, Events) {
    unsafe { LOOP.as_mut().unwrap() }
}

fn code(result: io::Result<()>) -> i32 {
    if result.is_ok() {
        0
    } else {
        -1
    }
}

fn interest(want: i32) -> Interest {
    match want {
        1 => Interest::READABLE,
        2 => Interest::WRITABLE,
        _ => Interest::READABLE | Interest::WRITABLE,
    }
}

#[no_mangle]
pub extern "C" fn rust_open() -> i32 {
    code(
        Poll::new().map(|poll| unsafe {
            LOOP = Some((poll, Events::with_capacity(256)))
        }),
    )
}

#[no_mangle]
pub extern "C" fn rust_close() {
    unsafe {
        WAKER = None;
        LOOP = None;
    }
}

#[no_mangle]
pub extern "C" fn rust_wait(timeout_ns: i64, copies: *mut Copied) -> i32 {
    let (poll, events) = inner();
    let timeout = if timeout_ns < 0 {
        None
    } else {
        Some(Duration::from_nanos(timeout_ns as u64))
    };
    while let Err(error) = poll.poll(events, timeout) {
        if error.kind() != io::ErrorKind::Interrupted {
            return -1;
        }
    }
    let mut count = 0;
    for e in events.iter() {
        let copy = Copied {
            token: e.token().0,
            readable: e.is_readable(),
            closed: e.is_read_closed(),
        };
        unsafe { copies.add(count).write(copy) };
        count += 1;
    }
    count as i32
}

#[no_mangle]
pub extern "C" fn rust_add(fd: i32, token: usize, want: i32) -> i32 {
    code(inner().0.registry().register(
        &mut SourceFd(&fd),
        Token(token),
        interest(want),
    ))
}

#[no_mangle]
pub extern "C" fn rust_change(fd: i32, token: usize, want: i32) -> i32 {
    code(inner().0.registry().reregister(
        &mut SourceFd(&fd),
        Token(token),
        interest(want),
    ))
}

#[no_mangle]
pub extern "C" fn rust_remove(fd: i32) -> i32 {
    code(inner().0.registry().deregister(&mut SourceFd(&fd)))
}

#[no_mangle]
pub extern "C" fn rust_waker(token: usize) -> i32 {
    code(
        Waker::new(inner().0.registry(), Token(token))
            .map(|waker| unsafe { WAKER = Some(waker) }),
    )
}

#[no_mangle]
#[allow(static_mut_refs)]
pub extern "C" fn rust_wake() -> i32 {
    code(unsafe { WAKER.as_ref().unwrap().wake() })
}
