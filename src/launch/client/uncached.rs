//! A compilation without a cache, by a program that distributes.

use std::io::{self, Write as _};
use std::process::ExitCode;

use super::super::distribute::{self, Workers};
use super::super::journal::Ending;
use super::super::process;
use super::Compilation;
use super::plan::NO_CACHE;
use crate::journal::{Outcome, Placed};

pub(super) fn compile(compilation: &Compilation) -> ExitCode {
    compilation.note.begin();
    let plan = &compilation.plan;
    let hosts: Vec<&str> = plan.workers().into_iter().flat_map(Workers::usable).collect();
    let ended =
        distribute::compile(&compilation.settings, &hosts, &plan.command(), &mut compilation.compiler());
    let ended = match ended {
        Ok(Some(ended)) => ended,
        // Nobody waits for the object.
        Ok(None) => return ExitCode::FAILURE,
        Err(_) => return compilation.run_compiler(Ending::bypassed(NO_CACHE)),
    };
    let _ = io::stderr().write_all(&ended.errors);
    if process::was_interrupted(ended.status) {
        return compilation.end_interrupted(ended.status);
    }
    if let Placed::Retried(reason) = &ended.placed {
        compilation.warn(&format!("{reason}: compiling here"));
    }
    let outcome = if ended.status.success() { Outcome::Bypassed } else { Outcome::CompileError };
    let ending = Ending { outcome, placed: Some(ended.placed), ..Ending::bypassed(NO_CACHE) };
    compilation.end_like(ended.status, ending)
}
