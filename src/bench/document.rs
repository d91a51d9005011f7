//! The result: JSON for programs, and text and Markdown for people.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::plan::{Scenario, Variant};
use super::statistics::{Comparison, Sample, Summary};

/// The JSON of `bench`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "toolchainkit bench --format json")]
pub(crate) struct BenchDocument {
    /// The version of this format.
    pub(crate) schema_version: u32,
    /// The name of the project.
    pub(crate) project: String,
    /// The version of toolchainkit.
    pub(crate) toolchainkit: String,
    /// sccache or ccache.
    pub(crate) tool: String,
    /// Its version.
    pub(crate) tool_version: String,
    /// The configure preset; null if the project was configured without one.
    pub(crate) preset: Option<String>,
    /// CMake's generator.
    pub(crate) generator: Option<String>,
    /// The number of processors.
    pub(crate) processors: usize,
    /// The operating system.
    pub(crate) system: String,
    /// The number of objects that a build compiles; null if there are no files with the extensions of objects.
    pub(crate) objects: Option<u32>,
    /// The number of files of the checkout.
    pub(crate) files: u64,
    /// How often each cell was measured.
    pub(crate) rounds: usize,
    /// The results.
    pub(crate) cells: Vec<Cell>,
    /// Remarks for people.
    pub(crate) notes: Vec<String>,
}

/// A scenario with one of the variants.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Cell {
    /// The state of the cache before the build.
    pub(crate) scenario: Scenario,
    /// What compiles.
    pub(crate) variant: Variant,
    /// The measured builds, in the order in which they ran.
    pub(crate) samples: Vec<Sample>,
    /// Their summary; null without a successful build.
    pub(crate) summary: Option<Summary>,
    /// toolchainkit in relation to the tool alone; null for the others.
    pub(crate) against_tool: Option<Comparison>,
    /// The reason why it could not be measured; null if it could.
    pub(crate) failure: Option<String>,
}

impl Scenario {
    const fn title(self) -> &'static str {
        match self {
            Self::Uncached => "uncached",
            Self::Cold => "cold",
            Self::Warm => "warm",
            Self::SecondCheckout => "2nd checkout",
            Self::Remote => "remote",
        }
    }
}

const COLUMNS: [&str; 8] = ["build", "with", "wall", "spread", "CPU", "ratio", "hits", "ms/object"];

impl BenchDocument {
    fn variant(&self, variant: Variant) -> &str {
        match variant {
            Variant::None => "no cache",
            Variant::Tool => &self.tool,
            Variant::Tuned => "tuned",
            Variant::Env => "cmake -E env",
            Variant::Script => "script",
            Variant::Toolchainkit => "toolchainkit",
        }
    }

    fn row(&self, cell: &Cell) -> [String; 8] {
        let scenario = cell.scenario.title().to_owned();
        let variant = self.variant(cell.variant).to_owned();
        let seconds = |seconds: f64| {
            let digits = if seconds < 100.0 { 2 } else { 1 };
            format!("{seconds:.digits$} s")
        };
        let Some(summary) = &cell.summary else {
            let none = String::new;
            return [scenario, variant, "failed".to_owned(), none(), none(), none(), none(), none()];
        };
        let counted = cell.samples.last().and_then(|sample| sample.hits.zip(sample.misses));
        [
            scenario,
            variant,
            seconds(summary.wall_s),
            format!("{:.0} %", summary.spread_percent),
            summary.cpu_s.map(seconds).unwrap_or_default(),
            summary.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
            counted.map(|(hits, misses)| format!("{hits}/{}", hits + misses)).unwrap_or_default(),
            summary.wall_ms_per_object.map(|wall| format!("{wall:.1}")).unwrap_or_default(),
        ]
    }

    fn heading(&self) -> String {
        let objects = self.objects.map(|objects| format!("{objects} objects, ")).unwrap_or_default();
        let plural = if self.rounds == 1 { "" } else { "s" };
        format!(
            "{}: {objects}{} round{plural}, {} {}, {} processors",
            self.project, self.rounds, self.tool, self.tool_version, self.processors
        )
    }

    /// Lines about failures and remarks.
    fn remarks(&self) -> Vec<String> {
        let failed = self.cells.iter().filter_map(|cell| {
            let failure = cell.failure.as_ref()?;
            Some(format!("{} with {}: {failure}", cell.scenario.title(), self.variant(cell.variant)))
        });
        failed.chain(self.notes.iter().cloned()).collect()
    }

    /// A table for a terminal of 80 columns.
    pub(crate) fn text(&self) -> String {
        let rows = self.cells.iter().map(|cell| self.row(cell));
        let rows = [COLUMNS.map(str::to_owned)].into_iter().chain(rows).collect::<Vec<_>>();
        let width =
            |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
        let widths: [usize; 8] = std::array::from_fn(width);
        let mut text = format!("{}\n\n", self.heading());
        for row in &rows {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
                // Texts are left-aligned, and numbers right-aligned.
                let _ = if column < 2 {
                    write!(line, "{cell:width$}  ")
                } else {
                    write!(line, "{cell:>width$}  ")
                };
            }
            text += line.trim_end();
            text.push('\n');
        }
        for remark in self.remarks() {
            let _ = write!(text, "\n{remark}\n");
        }
        text
    }

    /// The same as Markdown.
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!(
            "### {}\n\n| {} |\n| --- | --- |{}\n",
            self.heading(),
            COLUMNS.join(" | "),
            " ---: |".repeat(6)
        );
        for cell in &self.cells {
            let _ = writeln!(text, "| {} |", self.row(cell).map(|cell| cell.replace('|', "\\|")).join(" | "));
        }
        for remark in self.remarks() {
            let _ = write!(text, "\n{}\n", remark.replace('\n', "  \n"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn document() -> BenchDocument {
        let sample = |wall, hits| {
            Sample::new(Duration::from_millis(wall), Some(Duration::from_millis(wall * 2)), hits)
        };
        let cell = |scenario, variant, wall, hits| {
            let samples = vec![sample(wall, hits), sample(wall + 10, hits)];
            let summary = Summary::of(&samples, Some(120), Some(12.345));
            Cell { scenario, variant, samples, summary, against_tool: None, failure: None }
        };
        let failed = Cell {
            scenario: Scenario::SecondCheckout,
            variant: Variant::Tool,
            samples: Vec::new(),
            summary: None,
            against_tool: None,
            failure: Some("the build failed".to_owned()),
        };
        BenchDocument {
            schema_version: 1,
            project: "demo".to_owned(),
            toolchainkit: "0.1.0".to_owned(),
            tool: "sccache".to_owned(),
            tool_version: "0.16.0".to_owned(),
            preset: None,
            generator: Some("Ninja".to_owned()),
            processors: 2,
            system: "linux".to_owned(),
            objects: Some(120),
            files: 300,
            rounds: 2,
            cells: vec![
                cell(Scenario::Uncached, Variant::None, 123_456, None),
                cell(Scenario::Warm, Variant::Toolchainkit, 1234, Some((120, 0))),
                failed,
            ],
            notes: vec!["a remark".to_owned()],
        }
    }

    #[test]
    fn the_table_fits_into_80_columns_and_names_failures() {
        let text = document().text();
        assert!(text.lines().all(|line| line.len() <= 80), "{text}");
        assert!(
            text.contains("warm          toolchainkit   1.24 s     1 %   2.48 s   0.10  120/120"),
            "{text}"
        );
        assert!(
            text.contains("2nd checkout with sccache: the build failed") && text.contains("a remark"),
            "{text}"
        );
    }

    #[test]
    fn each_row_of_the_markdown_has_as_many_cells_as_the_header() {
        let markdown = document().markdown();
        let table = markdown.lines().filter(|line| line.starts_with('|'));
        let cells = table.map(|line| line.matches('|').count()).collect::<Vec<_>>();
        assert_eq!(cells, [9; 5], "{markdown}");
    }
}
