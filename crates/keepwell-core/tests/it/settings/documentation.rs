//! `docs/settings.md` says of every setting what the table says.

use std::fmt::Write;

use keepwell_core::settings::{SETTINGS, Setting};

const DOCUMENT: &str = include_str!("../../../../../docs/settings.md");

fn section(setting: &Setting) -> String {
    let default = if setting.default_text().is_empty() { "empty" } else { &format!("`{}`", setting.default_text()) };
    let mut section = format!("### `{}`\n\n{}\n\n", setting.name(), setting.documentation());
    writeln!(section, "- In TOML: `{}`. Default: {default}.", setting.path()).unwrap();
    writeln!(section, "- Accepts {}.", setting.accepts()).unwrap();
    let others: Vec<_> = setting.aliases().iter().chain(setting.twins()).map(|name| format!("`{name}`")).collect();
    if !others.is_empty() {
        writeln!(section, "- Also read: {}.", others.join(", ")).unwrap();
    }
    if setting.is_outside_profiles() {
        section.push_str("- Cannot be set in a profile.\n");
    }
    section
}

#[test]
fn every_setting_is_documented_as_the_table_has_it() {
    let reference: Vec<_> = SETTINGS.iter().map(section).collect();
    let reference = reference.join("\n");
    let (_, documented) = DOCUMENT.split_once("## Every setting\n\n").unwrap();
    assert!(documented == reference, "docs/settings.md should end with:\n{reference}");
}
