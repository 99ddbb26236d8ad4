use keepwell::prelude::*;

struct Session;

#[task(cache_policy = INPUTS + TASK_SOURCE)]
fn load(user: String, session: &Session) -> String {
    let _ = session;
    user
}

#[task(cache_policy = INPUTS - "session")]
fn leave_out(user: String, session: &Session) -> String {
    let _ = session;
    user
}

fn main() {}
