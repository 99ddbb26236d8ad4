//! What was found out about a folder, for people and for programs.

use std::time::Duration;

use keepwell_core::storage::probe::{Finding, FolderFindings, Ownership, Space};
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::session::Session;
use crate::table;
use crate::text::{bytes, safe};

/// Prints the findings.
pub(super) fn print(session: &mut Session, findings: &FolderFindings) -> Result<(), Failure> {
    let path = findings.path.display().to_string();
    session.print(format_args!(
        "{}: {}, {}, {}",
        safe(&path),
        findings.kind,
        room(findings.space),
        owner(findings.ownership)
    ))?;
    session.print("")?;
    let mut table = table::new(&["CHECK", "FOUND"]);
    for (ability, finding) in &findings.abilities {
        table.add_row([ability.words(), &words(finding)]);
    }
    table.add_row(["times of files", &resolution(findings.resolution)]);
    table.add_row(["clock", &clock(findings.offset.milliseconds)]);
    table::print(session, table)
}

/// The findings as JSON.
pub(super) fn object(findings: &FolderFindings) -> Value {
    let Space { free, total, free_files } = findings.space;
    let owner = findings.ownership;
    let checks: Map<_, _> =
        findings.abilities.iter().map(|(ability, finding)| (ability.name().to_owned(), check(finding))).collect();
    json!({
        "path": findings.path.display().to_string(),
        "file_system": findings.kind.to_string(),
        "free_bytes": free,
        "total_bytes": total,
        "free_files": free_files,
        "user": owner.user,
        "group": owner.group,
        "mode": mode(owner),
        "checks": checks,
        "time_resolution_seconds": findings.resolution.map(|step| step.as_secs_f64()),
        "clock_offset_seconds": seconds(findings.offset.milliseconds),
    })
}

fn check(finding: &Finding) -> Value {
    match finding {
        Finding::Works => json!({ "works": true }),
        Finding::Fails(why) => json!({ "works": false, "reason": why }),
        Finding::Unknown(why) => json!({ "works": null, "reason": why }),
    }
}

fn words(finding: &Finding) -> String {
    match finding {
        Finding::Works => "works".to_owned(),
        Finding::Fails(why) => format!("fails: {why}"),
        Finding::Unknown(why) => format!("unknown: {why}"),
    }
}

fn room(space: Space) -> String {
    format!("{} of {} free", bytes(space.free), bytes(space.total))
}

fn owner(owner: Ownership) -> String {
    let whose = match (owner.is_own, owner.is_roots) {
        (true, _) => "yours".to_owned(),
        (false, true) => "root's".to_owned(),
        (false, false) => format!("user {}'s", owner.user),
    };
    format!("{whose} with mode {}", mode(owner))
}

fn mode(owner: Ownership) -> String {
    format!("{:04o}", owner.mode)
}

fn resolution(step: Option<Duration>) -> String {
    step.map_or_else(|| "do not change".to_owned(), |step| format!("are told apart after {step:.1?}"))
}

/// How far a clock is ahead of this machine's, in words.
pub(super) fn clock(milliseconds: i64) -> String {
    match milliseconds {
        0 => "is this machine's".to_owned(),
        ahead if ahead > 0 => format!("{ahead} ms ahead of this machine's"),
        behind => format!("{} ms behind this machine's", behind.unsigned_abs()),
    }
}

/// Milliseconds, of which some may be less than 0, as seconds.
pub(super) fn seconds(milliseconds: i64) -> f64 {
    let size = Duration::from_millis(milliseconds.unsigned_abs()).as_secs_f64();
    if milliseconds < 0 { -size } else { size }
}
