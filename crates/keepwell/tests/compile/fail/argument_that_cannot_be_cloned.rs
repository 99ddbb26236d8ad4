use keepwell::prelude::*;

struct Ticket;

#[task(retries = 2)]
fn redeem(ticket: Ticket, day: u32) -> u32 {
    let Ticket = ticket;
    day
}

#[task(retries = 0)]
fn redeem_once(ticket: Ticket) {
    let Ticket = ticket;
}

#[flow(retries = 1)]
fn redeem_all(tickets: Vec<Ticket>) {
    tickets.into_iter().for_each(redeem_once);
}

fn main() {}
