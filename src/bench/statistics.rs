//! Samples and their summary.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

/// One timed build.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Sample {
    /// The elapsed time in seconds.
    pub(crate) wall_s: f64,
    /// The processor time of all programs, with that of daemons, in seconds; null if the system does not tell it.
    pub(crate) cpu_s: Option<f64>,
    /// Cache hits; null without a cache.
    pub(crate) hits: Option<u64>,
    /// Cache misses; null without a cache.
    pub(crate) misses: Option<u64>,
}

/// The summary of the samples of a cell.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Summary {
    /// The median of the elapsed times in seconds.
    pub(crate) wall_s: f64,
    /// The shortest one.
    pub(crate) wall_min_s: f64,
    /// The longest one.
    pub(crate) wall_max_s: f64,
    /// The difference between the longest and the shortest, as a percentage of the median.
    pub(crate) spread_percent: f64,
    /// The median of the processor times in seconds.
    pub(crate) cpu_s: Option<f64>,
    /// The median of the elapsed times divided by that of the uncached build; null for a failed uncached build.
    pub(crate) ratio: Option<f64>,
    /// The median of the elapsed times divided by the number of objects, in milliseconds. It contains the linking.
    pub(crate) wall_ms_per_object: Option<f64>,
    /// The same for the processor time.
    pub(crate) cpu_ms_per_object: Option<f64>,
}

/// Builds in relation to those of the tool alone.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Comparison {
    /// The median of the ratios of the elapsed times, each of two builds that ran one after the other.
    pub(crate) wall: f64,
    /// The same for the processor times.
    pub(crate) cpu: Option<f64>,
}

impl Comparison {
    /// Compares the builds in pairs; `None` without a pair.
    pub(crate) fn of(ours: &[Sample], tool: &[Sample]) -> Option<Self> {
        let pairs = || ours.iter().zip(tool);
        let wall = median(pairs().map(|(ours, tool)| ours.wall_s / tool.wall_s))?;
        let cpu = pairs().map(|(ours, tool)| Some(ours.cpu_s? / tool.cpu_s?)).collect::<Option<Vec<_>>>();
        let cpu = cpu.and_then(median).filter(|ratio| ratio.is_finite());
        Some(Self { wall, cpu }).filter(|comparison| comparison.wall.is_finite())
    }
}

/// The median; `None` without values.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values = values.into_iter().collect::<Vec<_>>();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    Some(if values.len() % 2 == 1 { upper } else { f64::midpoint(values[middle - 1], upper) })
}

impl Sample {
    pub(crate) fn new(wall: Duration, cpu: Option<Duration>, counted: Option<(u64, u64)>) -> Self {
        let (hits, misses) = counted.unzip();
        Self { wall_s: wall.as_secs_f64(), cpu_s: cpu.map(|cpu| cpu.as_secs_f64()), hits, misses }
    }
}

impl Summary {
    /// The summary of `samples`; `None` without one. `uncached` is the median of the uncached build in seconds.
    pub(crate) fn of(samples: &[Sample], objects: Option<u32>, uncached: Option<f64>) -> Option<Self> {
        let elapsed = || samples.iter().map(|sample| sample.wall_s);
        let wall_s = median(elapsed())?;
        let (wall_min_s, wall_max_s) =
            (elapsed().fold(f64::INFINITY, f64::min), elapsed().fold(0.0, f64::max));
        let cpu = samples.iter().map(|sample| sample.cpu_s).collect::<Option<Vec<_>>>();
        let cpu_s = cpu.and_then(median);
        let objects = objects.filter(|objects| *objects > 0).map(f64::from);
        let part = |whole: f64, part: f64| if part > 0.0 { whole / part } else { 0.0 };
        Some(Self {
            wall_s,
            wall_min_s,
            wall_max_s,
            spread_percent: part((wall_max_s - wall_min_s) * 100.0, wall_s),
            cpu_s,
            ratio: uncached.map(|uncached| part(wall_s, uncached)),
            wall_ms_per_object: objects.map(|objects| wall_s * 1000.0 / objects),
            cpu_ms_per_object: objects.zip(cpu_s).map(|(objects, cpu)| cpu * 1000.0 / objects),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_the_mean_of_the_two_in_the_middle() {
        assert_eq!(median([]), None);
        assert_eq!(median([3.0]), Some(3.0));
        assert_eq!(median([9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 9.0]), Some(3.0));
    }

    fn sample(wall: u64, cpu: Option<u64>) -> Sample {
        Sample::new(Duration::from_millis(wall), cpu.map(Duration::from_millis), Some((1, 2)))
    }

    #[test]
    fn a_summary_has_medians_ratios_and_the_spread() {
        let samples = [sample(1000, Some(500)), sample(3000, Some(900)), sample(2000, Some(700))];
        let summary = Summary::of(&samples, Some(10), Some(4.0)).unwrap();
        assert_eq!((summary.wall_s, summary.wall_min_s, summary.wall_max_s), (2.0, 1.0, 3.0));
        assert_eq!((summary.spread_percent, summary.ratio, summary.cpu_s), (100.0, Some(0.5), Some(0.7)));
        assert_eq!((summary.wall_ms_per_object, summary.cpu_ms_per_object), (Some(200.0), Some(70.0)));
    }

    #[test]
    fn builds_are_compared_in_pairs() {
        let ours = [sample(20, Some(10)), sample(300, Some(90)), sample(90, Some(8))];
        let tool = [sample(10, Some(10)), sample(100, Some(30)), sample(90, Some(4))];
        assert_eq!(Comparison::of(&ours, &tool), Some(Comparison { wall: 2.0, cpu: Some(2.0) }));
        assert_eq!(Comparison::of(&ours[..1], &[sample(10, None)]).unwrap().cpu, None);
        assert_eq!(Comparison::of(&ours, &[]), None);
        assert_eq!(Comparison::of(&ours[..1], &[sample(0, Some(0))]), None);
    }

    #[test]
    fn what_is_not_known_is_not_invented() {
        assert_eq!(Summary::of(&[], Some(1), Some(1.0)), None);
        let summary = Summary::of(&[sample(10, Some(1)), sample(20, None)], None, None).unwrap();
        assert_eq!((summary.cpu_s, summary.ratio, summary.wall_ms_per_object), (None, None, None));
        let summary = Summary::of(&[sample(0, None)], Some(0), Some(0.0)).unwrap();
        assert_eq!(
            (summary.ratio, summary.spread_percent, summary.wall_ms_per_object),
            (Some(0.0), 0.0, None)
        );
    }
}
