//! Somebody has put things into the folder that keepwell never puts there: links that lead out, pipes, devices, files without
//! end. Nothing outside is read or written, nothing hangs, and whatever does not work says so.

mod outside;
mod plant;
mod visit;

use self::outside::Outside;
use self::plant::{KINDS, PLACES, Plant};
use self::visit::{Host, visit};
use super::{Order, Scenario, Verdict};
use crate::failure::Checked;
use crate::figures::Figures;
use crate::ground::{Ground, Medium};
use crate::watch;

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "hostile-folder",
    about: "links, pipes, devices and endless files at every name that keepwell uses; folders of others",
    gate_rounds: 1,
    run,
    work: visit::work,
};

fn run(order: &Order) -> Checked<Verdict> {
    let mut figures = Figures::default();
    for place in PLACES {
        for kind in KINDS {
            let plant = Plant { place, kind: *kind };
            if order.asks_for(&plant.name()) {
                visit_one(order, &plant, &mut figures)?;
            }
        }
    }
    for host in Host::ALL {
        if order.asks_for(host.name()) {
            visit_host(order, *host, &mut figures)?;
        }
    }
    Ok(Verdict::Passed(figures))
}

fn visit_one(order: &Order, plant: &Plant, figures: &mut Figures) -> Checked<()> {
    watch::step(format!("hostile-folder, {}", plant.name()));
    let ground = Ground::new(Medium::Disk)?;
    let mut outcome = || {
        let outside = Outside::make(&ground.path().join("outside"))?;
        visit::prepare(&ground.store())?;
        if !plant.put(&ground.store(), &outside)? {
            return Ok(());
        }
        figures.add("plants", 1);
        visit(order, &ground.store(), None, figures)?;
        outside.must_be_untouched(plant.kind.is_followed_by_reading())
    };
    let outcome = outcome();
    ground.judge(
        outcome
            .map_err(|failure| failure.within(plant.name()).with_replay(order.replay_case(&SCENARIO, &plant.name()))),
    )
}

fn visit_host(order: &Order, host: Host, figures: &mut Figures) -> Checked<()> {
    let ground = Ground::new(Medium::Disk)?;
    let outcome = visit::prepare(&ground.store()).and_then(|()| host.visit(order, &ground, figures));
    ground.judge(
        outcome.map_err(|failure| failure.within(host.name()).with_replay(order.replay_case(&SCENARIO, host.name()))),
    )
}
