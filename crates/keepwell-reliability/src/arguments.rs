//! The command line.

use std::time::Duration;

use crate::scenario::{self, Order, Scenario};

pub(crate) const USAGE: &str = "\
usage: keepwell-reliability gate                                what `make test` runs
       keepwell-reliability soak --hours H                      every scenario again and again, with new seeds
       keepwell-reliability run SCENARIO [--rounds N] [--seed S] [--case C] [--thorough]
       keepwell-reliability mistakes                            shows that each scenario catches planted mistakes";

/// What the program is asked to do.
pub(crate) enum Command {
    Help,
    Gate,
    Soak {
        time: Duration,
    },
    Run {
        scenario: &'static Scenario,
        order: Order,
    },
    Mistakes,
    /// Be a worker of this scenario.
    Work {
        scenario: &'static Scenario,
        arguments: Vec<String>,
    },
}

/// Reads the command line, without the program's name.
pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut arguments = arguments.collect::<Vec<_>>().into_iter();
    match arguments.next().as_deref() {
        None | Some("help" | "--help" | "-h") => Ok(Command::Help),
        Some("gate") => Ok(Command::Gate),
        Some("mistakes") => Ok(Command::Mistakes),
        Some("soak") => parse_soak(arguments),
        Some("run") => parse_run(arguments),
        Some("work") => Ok(Command::Work { scenario: named(arguments.next())?, arguments: arguments.collect() }),
        Some(other) => Err(format!("there is no command `{other}`")),
    }
}

fn parse_soak(mut arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("--hours"), Some(hours)) => {
            let hours: f64 = number("--hours", Some(hours))?;
            let time = Duration::try_from_secs_f64(hours * 3600.0).map_err(|error| format!("--hours: {error}"))?;
            Ok(Command::Soak { time })
        }
        _ => Err("soak needs --hours".to_owned()),
    }
}

fn parse_run(mut arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let scenario = named(arguments.next())?;
    let mut order = Order::of_gate(scenario);
    while let Some(option) = arguments.next() {
        match option.as_str() {
            "--rounds" => order.rounds = number(&option, arguments.next())?,
            "--seed" => order.seed = number(&option, arguments.next())?,
            "--thorough" => order.is_thorough = true,
            "--case" => order.case = arguments.next(),
            "--mistake" => order.mistake = arguments.next(),
            _ => return Err(format!("there is no option `{option}`")),
        }
    }
    Ok(Command::Run { scenario, order })
}

fn named(name: Option<String>) -> Result<&'static Scenario, String> {
    let name = name.ok_or("which scenario?")?;
    scenario::named(&name).ok_or_else(|| format!("there is no scenario `{name}`; there are:\n{}", scenario::list()))
}

fn number<T: std::str::FromStr>(option: &str, text: Option<String>) -> Result<T, String> {
    let text = text.ok_or_else(|| format!("{option} needs a number"))?;
    text.parse().map_err(|_| format!("{option}: `{text}` is no number"))
}
