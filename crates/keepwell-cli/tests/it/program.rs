//! What holds for every command.

use crate::fixture::Fixture;

#[test]
fn version_says_where_things_are() {
    let fixture = Fixture::new();
    let version = env!("CARGO_PKG_VERSION");
    let platform = format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH);
    assert_eq!(
        fixture.run("version"),
        format!(
            "[0]\nversion:  {version}\nplatform: {platform}\nprofile:  default\nhome:     ROOT/home\n\
             storage:  ROOT/home/storage\n"
        )
    );
    assert_eq!(fixture.run("--version"), format!("[0]\nkeepwell {version}\n"));
}

#[test]
fn wrong_arguments_are_exit_code_two() {
    let transcript = Fixture::new().run("config sett");
    assert!(transcript.starts_with("[2]\n! error: unrecognized subcommand 'sett'\n"), "{transcript}");
    assert!(Fixture::new().run("").starts_with("[2]\n! Runs a task once"));
    assert!(Fixture::new().run("--help").starts_with("[0]\nRuns a task once"));
}

#[test]
fn a_reader_that_went_away_is_no_reason_to_complain() {
    let fixture = Fixture::new();
    for arguments in ["config view --show-defaults", "profile ls", "version -o json", "cache ls"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = fixture.command(arguments).stdout(writer).output().unwrap();
        assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(141), String::new()));
    }
}

#[test]
fn colours_appear_only_where_they_are_wanted() {
    let plain = "[0]\n* default\n";
    assert_eq!(Fixture::new().run("profile ls"), plain);
    let forced = Fixture::new().variable("CLICOLOR_FORCE", "1");
    assert_eq!(forced.run("profile ls"), "[0]\n\u{1b}[32m* default\u{1b}[0m\n");
    let refused = forced.variable("NO_COLOR", "1");
    assert_eq!(refused.run("profile ls"), plain);
}

#[test]
fn a_name_that_is_no_setting_is_a_warning_beside_the_result() {
    let fixture = Fixture::new().variable("KEEPWELL_STRANGE", "1");
    assert_eq!(
        fixture.run("config view"),
        "[0]\nKEEPWELL_PROFILE='default'\nKEEPWELL_HOME='ROOT/home' (from env)\n\
         ! warning: environment variable KEEPWELL_STRANGE is not a setting\n"
    );
}
