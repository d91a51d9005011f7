//! The launcher in the build folder, and its settings.

use std::time::Duration;

use super::{Build, CONFIGURE_AGAIN, Finding, Link, Mode, OF_LINK, Subject};
use crate::launch::process;
use crate::launch::rules;
use crate::launch::settings::Settings;
use crate::probe::program;

pub(super) const LINK: Link = Link { name: "launcher", limit: OF_LINK, examine };

/// The longest time for the launcher to print its version.
const ABOUT: Duration = Duration::from_secs(4);

fn examine(subject: &Subject) -> Vec<Finding> {
    subject.build().filter(|build| build.mode != Mode::None).map(check).into_iter().collect()
}

fn check(build: &Build) -> Finding {
    let about = LINK.name;
    let broken = |text: String| Finding::broken(about, text, CONFIGURE_AGAIN);
    let Some(launcher) = &build.launcher else {
        return broken(format!("{} does not exist", build.own_folder().join("launcher")));
    };
    if !process::is_executable(launcher.as_std_path()) {
        return broken(format!("{launcher} is not executable"));
    }
    if !build.has_program {
        return Finding::doubtful(
            about,
            format!("{launcher} is the script, which is slower and has fewer hits"),
            format!("run `toolchainkit install`, and {CONFIGURE_AGAIN}"),
        );
    }
    let no_environment: [(&str, &str); 0] = [];
    let printed = match program::run(launcher, &["--about"], no_environment, ABOUT) {
        Ok(finished) if finished.status.success() => finished.stdout,
        Ok(finished) => return broken(format!("{launcher} is damaged: it {}", ended(finished.status))),
        Err(error) => {
            let cause =
                std::error::Error::source(&error).map(|cause| format!(" ({cause})")).unwrap_or_default();
            return broken(format!("{launcher} is damaged: {error}{cause}"));
        }
    };
    let Ok(own) = serde_json::from_str::<serde_json::Value>(&printed) else {
        return broken(format!("{launcher} is damaged: it does not print its version"));
    };
    let settings = launcher.with_file_name("launcher.json");
    match Settings::read(settings.as_std_path()) {
        Err(error) => broken(format!("{settings} cannot be read: {error}")),
        Ok(read) if !is_same_folder(build, &read) => {
            broken(format!("{settings} is for another build folder, {}", read.build.display()))
        }
        Ok(read) if read.program != build.program => broken(format!(
            "{settings} names {}, and cache.json names {}",
            read.program.display(),
            build.program
        )),
        Ok(_) => {
            let version = own["version"].as_str().unwrap_or_default();
            let older = own["rules"].as_u64().is_some_and(|of_launcher| of_launcher < rules::VERSION.into());
            let text = format!("toolchainkit-launch {version}, {launcher}");
            if older {
                let text = format!("{text}: its rules are older than those of this toolchainkit");
                Finding::doubtful(about, text, format!("run `toolchainkit install`, and {CONFIGURE_AGAIN}"))
            } else {
                Finding::fine(about, text)
            }
        }
    }
}

fn is_same_folder(build: &Build, settings: &Settings) -> bool {
    settings.build.canonicalize().ok() == build.folder.as_std_path().canonicalize().ok()
}

fn ended(status: std::process::ExitStatus) -> String {
    status.code().map_or_else(|| "was ended by a signal".to_owned(), |code| format!("ends with code {code}"))
}
