//! Measures the builds of a project with and without caches, in copies of its sources: `plan` and `statistics` are pure, and
//! `sources` and `session` do the work. `document` is the result, for programs and for people.

mod document;
mod options;
mod plan;
mod remarks;
mod session;
mod sources;
mod statistics;

pub(crate) use self::document::BenchDocument;
pub(crate) use self::options::{BenchError, Events, Options};
pub(crate) use self::plan::{Configuration, Scenario, Selection, Variant};
pub(crate) use self::session::Session;
pub(crate) use self::sources::{Found, find};
