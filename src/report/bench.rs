//! The JSON of `toolchainkit bench --format json`, as far as the page shows it.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The version of the format that this module reads.
const VERSION: u32 = 1;

/// The measurements of a benchmark.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Bench {
    schema_version: u32,
    pub(super) tool: String,
    #[serde(default)]
    pub(super) tool_version: String,
    #[serde(default)]
    pub(super) processors: u64,
    pub(super) objects: Option<u64>,
    #[serde(default)]
    pub(super) rounds: u64,
    pub(super) cells: Vec<Cell>,
    #[serde(default)]
    pub(super) notes: Vec<String>,
}

/// A state of the cache, with one of the ways to compile.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Cell {
    scenario: String,
    variant: String,
    #[serde(default)]
    samples: Vec<Sample>,
    pub(super) summary: Option<Measured>,
    pub(super) failure: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Sample {
    hits: Option<u64>,
    misses: Option<u64>,
}

/// Medians, in seconds.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Measured {
    pub(super) wall_s: f64,
    pub(super) cpu_s: Option<f64>,
}

/// A text is not the result of a benchmark.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// It has another shape.
    #[error("it is not the JSON of `toolchainkit bench --format json`")]
    Shape(#[from] serde_json::Error),
    /// It is from a version with another format.
    #[error("its format has version {0}, and this toolchainkit reads version {VERSION}")]
    Version(u32),
}

impl Bench {
    /// Reads the JSON.
    ///
    /// # Errors
    /// [`BenchError`]
    pub fn parse(json: &[u8]) -> Result<Self, BenchError> {
        #[derive(Deserialize)]
        struct Head {
            schema_version: u32,
        }
        let head: Head = serde_json::from_slice(json)?;
        if head.schema_version != VERSION {
            return Err(BenchError::Version(head.schema_version));
        }
        Ok(serde_json::from_slice(json)?)
    }

    /// The cells of each state of the cache, in their order.
    pub(super) fn scenarios(&self) -> Vec<(&str, Vec<&Cell>)> {
        let mut order: Vec<&str> = Vec::new();
        let mut cells: BTreeMap<&str, Vec<&Cell>> = BTreeMap::new();
        for cell in &self.cells {
            let of = cells.entry(&cell.scenario).or_default();
            if of.is_empty() {
                order.push(&cell.scenario);
            }
            of.push(cell);
        }
        order.into_iter().map(|name| (name, cells.remove(name).unwrap_or_default())).collect()
    }
}

impl Cell {
    /// What compiled.
    pub(super) fn variant<'a>(&'a self, tool: &'a str) -> &'a str {
        match self.variant.as_str() {
            "none" => "no cache",
            "tool" => tool,
            other => other,
        }
    }

    /// Hits and cacheable compilations of the last build.
    pub(super) fn hits(&self) -> Option<(u64, u64)> {
        let last = self.samples.last()?;
        let (hits, misses) = last.hits.zip(last.misses)?;
        Some((hits, hits.saturating_add(misses)))
    }
}

/// The state of the cache, for people.
pub(super) fn title(scenario: &str) -> String {
    match scenario {
        "uncached" => "Without a cache",
        "cold" => "Empty cache",
        "warm" => "Full cache",
        "second_checkout" => "Another checkout, full cache",
        "remote" => "Empty local cache, full remote cache",
        other => other,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_format_is_refused() {
        assert!(matches!(Bench::parse(b"{}"), Err(BenchError::Shape(_))));
        assert!(matches!(Bench::parse(b"no JSON"), Err(BenchError::Shape(_))));
        assert!(matches!(Bench::parse(br#"{"schema_version":2,"cells":7}"#), Err(BenchError::Version(2))));
        assert!(Bench::parse(br#"{"schema_version":1,"tool":"ccache","objects":null,"cells":[]}"#).is_ok());
    }
}
