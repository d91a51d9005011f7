//! The charts: hit rate and time over the builds of a folder. Each is drawn for two widths, because the text of a scaled drawing
//! would be too small on a phone.

use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea as _};
use plotters::element::{Circle, Rectangle, Text};
use plotters::series::LineSeries;
use plotters::style::{Color as _, IntoTextStyle as _, TRANSPARENT, TextStyle};
use plotters_backend::text_anchor::{HPos, Pos, VPos};
use serde::Serialize;

use super::svg::{Description, FONT_SIZE, Role, Sheet, Svg};
use super::words::{self, Moment};

/// The hit rate and the times of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) start: Moment,
    /// Hits and cacheable compilations.
    pub(super) hits: u64,
    pub(super) cacheable: u64,
    /// Microseconds.
    pub(super) spent: u64,
    pub(super) saved: u64,
}

/// A drawing for wide and one for narrow pages.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Chart {
    wide: Svg,
    narrow: Svg,
}

/// The sizes of a drawing. The width of the page in CSS pixels is about the same, so the text has its size.
#[derive(Debug, Clone, Copy)]
struct Size {
    class: &'static str,
    width: u32,
    height: u32,
    /// The largest number of labels below the chart.
    labels: usize,
}

const WIDE: Size = Size { class: "wide", width: 880, height: 240, labels: 6 };
const NARROW: Size = Size { class: "narrow", width: 350, height: 210, labels: 3 };

const MARGIN_TOP: i32 = 16;
const MARGIN_RIGHT: i32 = 44;
const LABELS_LEFT: u32 = 52;
const LABELS_BOTTOM: u32 = 28;
/// The largest width of a bar.
const BAR: f64 = 36.0;

/// The hit rate of each build; `None` if fewer than two have one.
pub(super) fn rates(points: &[Point], id: &str) -> Option<Chart> {
    let rates: Vec<(f64, f64, String)> = (0..)
        .zip(points)
        .filter(|(_, point)| point.cacheable > 0)
        .map(|(at, point)| {
            (
                f64::from(at),
                ratio(point.hits, point.cacheable) * 100.0,
                words::percent(point.hits, point.cacheable),
            )
        })
        .collect();
    let (first, last) = (rates.first()?, rates.last()?);
    if rates.len() < 2 {
        return None;
    }
    let text = format!(
        "A line from {} in the first build to {} in the last one. The table below has all numbers.",
        first.2, last.2
    );
    let title = format!("Hit rate of {} builds", rates.len());
    both(id, &title, &text, |root, size| {
        let mut chart = axes(root, size, points, 100.0, 5, &|rate| format!("{rate:.0}\u{a0}%"))?;
        chart.draw_series(LineSeries::new(
            rates.iter().map(|(at, rate, _)| (*at, *rate)),
            Role::RateLine.colour().stroke_width(2),
        ))?;
        let radius = if rates.len() > 30 { 3 } else { 4 };
        chart.draw_series(
            rates.iter().map(|(at, rate, _)| Circle::new((*at, *rate), radius, Role::Rate.colour().filled())),
        )?;
        let area = chart.plotting_area();
        let (x, y) = area.map_coordinate(&(last.0, last.1));
        let style = text_style(root, Role::Value, HPos::Left, VPos::Center);
        root.draw(&Text::new(last.2.clone(), (x + 9, y), style))
    })
}

/// The time of the compilations of each build, and the time that hits saved; `None` if fewer than two builds have a time.
pub(super) fn times(points: &[Point], id: &str) -> Option<Chart> {
    let largest = points.iter().map(|point| point.spent.saturating_add(point.saved)).max().unwrap_or(0);
    if points.len() < 2 || largest == 0 {
        return None;
    }
    let (unit, name) = match largest {
        0..2_000_000 => (1_000, "ms"),
        2_000_000..180_000_000 => (1_000_000, "s"),
        180_000_000..10_800_000_000 => (60_000_000, "min"),
        _ => (3_600_000_000, "h"),
    };
    let sum = |part: fn(&Point) -> u64| words::duration(points.iter().map(part).fold(0, u64::saturating_add));
    let text = format!(
        "Two bars on top of each other for each build. All builds together: {} spent, {} saved. The table below has all numbers.",
        sum(|point| point.spent),
        sum(|point| point.saved)
    );
    let title = format!("Compiler time of {} builds", points.len());
    both(id, &title, &text, |root, size| {
        let top = ratio(largest, unit);
        let label = |value: &f64| {
            let digits = usize::from(top < 4.0);
            format!("{value:.digits$}\u{a0}{name}")
        };
        let mut chart = axes(root, size, points, top * 1.04, 5, &label)?;
        let slot = f64::from(chart.plotting_area().dim_in_pixel().0) / spread(points.len());
        let half = (BAR / slot / 2.0).min(0.36);
        chart.draw_series((0..).zip(points).flat_map(|(at, point)| {
            let (left, right) = (f64::from(at) - half, f64::from(at) + half);
            let (spent, all) =
                (ratio(point.spent, unit), ratio(point.spent.saturating_add(point.saved), unit));
            [
                Rectangle::new([(left, spent), (right, 0.0)], Role::Spent.colour().filled()),
                Rectangle::new([(left, all), (right, spent)], Role::Saved.colour().filled()),
            ]
        }))?;
        Ok(())
    })
}

type Failure = DrawingAreaErrorKind<std::convert::Infallible>;
type Plane<'a> = ChartContext<'a, Sheet, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Draws for both widths. `None` if plotters fails, which it only does if a chart has no room.
fn both(
    id: &str,
    title: &str,
    text: &str,
    draw: impl Fn(&DrawingArea<Sheet, Shift>, Size) -> Result<(), Failure>,
) -> Option<Chart> {
    let drawn = |size: Size| {
        let sheet = Sheet::new((size.width, size.height));
        let root = sheet.clone().into_drawing_area();
        draw(&root, size).ok()?;
        let id = format!("{id}-{}", size.class);
        Some(sheet.finish(size.class, &Description { id: &id, title, text }))
    };
    Some(Chart { wide: drawn(WIDE)?, narrow: drawn(NARROW)? })
}

/// The number of places along the axis. With few builds, there is room left at the end.
fn spread(builds: usize) -> f64 {
    f64::from(u32::try_from(builds).unwrap_or(u32::MAX))
}

/// The axes: horizontal lines with labels, and the times of builds below.
fn axes<'a>(
    root: &'a DrawingArea<Sheet, Shift>,
    size: Size,
    points: &[Point],
    top: f64,
    lines: usize,
    label: &dyn Fn(&f64) -> String,
) -> Result<Plane<'a>, Failure> {
    let right = spread(points.len()) - 0.5;
    let mut chart = ChartBuilder::on(root)
        .margin_top(MARGIN_TOP)
        .margin_right(MARGIN_RIGHT)
        .x_label_area_size(LABELS_BOTTOM)
        .y_label_area_size(LABELS_LEFT)
        .build_cartesian_2d(-0.5..right, 0.0..top)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .disable_x_axis()
        .axis_style(TRANSPARENT)
        .y_labels(lines)
        .y_max_light_lines(1)
        .bold_line_style(Role::Grid.colour())
        .light_line_style(TRANSPARENT)
        .label_style(text_style(root, Role::Label, HPos::Right, VPos::Center))
        .y_label_formatter(label)
        .draw()?;
    let below = i32::try_from(size.height - LABELS_BOTTOM).unwrap_or(0) + 10;
    for at in labelled(points.len(), size.labels) {
        let x = chart.plotting_area().map_coordinate(&(f64::from(u32::try_from(at).unwrap_or(0)), 0.0)).0;
        let style = text_style(root, Role::Label, HPos::Center, VPos::Top);
        root.draw(&Text::new(when(points, at), (x, below), style))?;
    }
    Ok(chart)
}

fn text_style<'a>(root: &DrawingArea<Sheet, Shift>, role: Role, h: HPos, v: VPos) -> TextStyle<'a> {
    TextStyle { color: role.colour().to_backend_color(), ..("sans-serif", FONT_SIZE).into_text_style(root) }
        .pos(Pos::new(h, v))
}

/// The builds that get a label: the last one, and others at equal distances from it.
fn labelled(builds: usize, most: usize) -> impl Iterator<Item = usize> {
    let step = builds.div_ceil(most).max(1);
    (0..builds).rev().step_by(step)
}

/// The day of a build, or its time if all builds are of one day.
fn when(points: &[Point], at: usize) -> String {
    let is_one_day = points.first().zip(points.last()).is_some_and(|(a, b)| a.start.is_same_day(&b.start));
    let start = &points[at].start;
    if is_one_day { start.time() } else { start.day() }
}

#[expect(clippy::cast_precision_loss, reason = "for a drawing")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(day: u64, hits: u64, cacheable: u64, spent: u64, saved: u64) -> Point {
        Point {
            start: Moment::new(day * 86_400_000, &jiff::tz::TimeZone::UTC),
            hits,
            cacheable,
            spent,
            saved,
        }
    }

    #[test]
    fn a_single_build_is_no_chart() {
        assert!(rates(&[point(1, 1, 2, 3, 4)], "x").is_none());
        assert!(times(&[point(1, 1, 2, 3, 4)], "x").is_none());
        assert!(rates(&[point(1, 1, 2, 3, 4), point(2, 0, 0, 0, 0)], "x").is_none());
        assert!(times(&[point(1, 1, 2, 0, 0), point(2, 1, 2, 0, 0)], "x").is_none());
    }

    #[test]
    fn shapes_are_in_the_right_places() {
        let points = [point(1, 0, 10, 8_000_000, 0), point(2, 10, 10, 1_000_000, 7_000_000)];
        let chart = rates(&points, "x").unwrap();
        let text = chart.wide.as_str();
        assert_eq!(text.matches("<circle class=\"rate\"").count(), 2, "{text}");
        let heights: Vec<i32> = text
            .split(" cy=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().parse().unwrap())
            .collect();
        // 0 % is the lowest line, and 100 % the highest one.
        assert_eq!(heights, [211, 16], "{text}");
        let bars = times(&points, "y").unwrap();
        assert_eq!(bars.narrow.as_str().matches("<rect class=\"spent\"").count(), 2);
        assert_eq!(
            bars.narrow.as_str().matches("<rect class=\"saved\"").count(),
            1,
            "nothing was saved first"
        );
        for svg in [&chart.wide, &chart.narrow, &bars.wide, &bars.narrow] {
            assert!(!svg.as_str().contains("style=") && !svg.as_str().contains("fill="), "{}", svg.as_str());
        }
    }

    #[test]
    fn the_last_build_has_a_label() {
        for (builds, most, labels) in [(1, 3, vec![0]), (3, 3, vec![2, 1, 0]), (7, 3, vec![6, 3, 0])] {
            assert_eq!(labelled(builds, most).collect::<Vec<_>>(), labels);
        }
        assert!(labelled(60, 6).count() <= 6);
    }
}
