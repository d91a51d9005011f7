//! Charts as SVG elements without colours: a drawing backend of plotters that writes the role of each shape as a class, so that
//! the style sheet of the page decides how it looks in light, in dark and on paper.
//!
//! [`Svg`] is the only type that the page prints without escaping. Its text contains the elements and attributes of this file,
//! numbers, and escaped text, because only this file can make one.

use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex};

use minijinja::value::{Object, ObjectRepr, Value};
use plotters::style::RGBColor;
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};
use serde::{Serialize, Serializer};

use super::page::escape;

/// The font size that the style sheet sets for the texts in charts, in units of the drawing.
pub(super) const FONT_SIZE: u32 = 12;

/// The role of a shape in a chart: its class in the style sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A line of the grid.
    Grid,
    /// A label of an axis.
    Label,
    /// The line through the hit rates.
    RateLine,
    /// The hit rate of a build.
    Rate,
    /// The hit rate that is written beside its point.
    Value,
    /// Time that was spent.
    Spent,
    /// Time that was saved.
    Saved,
}

impl Role {
    const ALL: [Self; 7] =
        [Self::Grid, Self::Label, Self::RateLine, Self::Rate, Self::Value, Self::Spent, Self::Saved];

    const fn class(self) -> &'static str {
        match self {
            Self::Grid => "grid",
            Self::Label => "label",
            Self::RateLine => "rate-line",
            Self::Rate => "rate",
            Self::Value => "value",
            Self::Spent => "spent",
            Self::Saved => "saved",
        }
    }

    /// The colour that stands for the role in the calls of plotters, which knows no classes.
    pub(super) const fn colour(self) -> RGBColor {
        RGBColor(self as u8, 0, 0)
    }

    fn of(colour: BackendColor) -> Option<Self> {
        let is_visible = colour.alpha > 0.0;
        Self::ALL.into_iter().find(|role| is_visible && *role as u8 == colour.rgb.0)
    }
}

/// An SVG element that this program has drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Svg(String);

impl Svg {
    /// The text, which needs no escaping.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Object for Svg {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

impl Serialize for Svg {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Value::from_object(self.clone()).serialize(serializer)
    }
}

/// What a screen reader says instead of showing the chart.
pub(super) struct Description<'a> {
    /// The ID of the element, which no other element of the page has.
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    pub(super) text: &'a str,
}

/// The sheet that plotters draws on.
#[derive(Clone)]
pub(super) struct Sheet {
    size: (u32, u32),
    shapes: Arc<Mutex<String>>,
}

impl Sheet {
    pub(super) fn new(size: (u32, u32)) -> Self {
        Self { size, shapes: Arc::default() }
    }

    /// The drawing. `class` selects the widths of the page for which it is meant.
    pub(super) fn finish(self, class: &'static str, description: &Description<'_>) -> Svg {
        let (width, height) = self.size;
        let Description { id, title, text } = description;
        let (id, title, text) = (escape(id), escape(title), escape(text));
        let shapes = self.shapes.lock().map(|shapes| shapes.clone()).unwrap_or_default();
        Svg(format!(
            "<svg class=\"chart {class}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{id}-title {id}-text\">\n\
             <title id=\"{id}-title\">{title}</title>\n<desc id=\"{id}-text\">{text}</desc>\n{shapes}</svg>\n"
        ))
    }

    fn push(&self, role: Option<Role>, element: &str, attributes: fmt::Arguments<'_>) {
        if let (Some(role), Ok(mut shapes)) = (role, self.shapes.lock()) {
            *shapes += &format!("<{element} class=\"{}\" {attributes}/>\n", role.class());
        }
    }
}

fn points(path: impl IntoIterator<Item = BackendCoord>) -> String {
    path.into_iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ")
}

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for Sheet {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, colour: BackendColor) -> Drawn {
        self.push(Role::of(colour), "rect", format_args!("x=\"{x}\" y=\"{y}\" width=\"1\" height=\"1\""));
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        let ((x1, y1), (x2, y2)) = (from, to);
        let attributes = format_args!("x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"");
        self.push(Role::of(style.color()), "line", attributes);
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        _fill: bool,
    ) -> Drawn {
        let ((x, y), (right, bottom)) = (upper_left, bottom_right);
        let (width, height) = ((right - x).max(0), (bottom - y).max(0));
        if width > 0 && height > 0 {
            let attributes = format_args!("x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"");
            self.push(Role::of(style.color()), "rect", attributes);
        }
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        self.push(Role::of(style.color()), "polyline", format_args!("points=\"{}\"", points(path)));
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        (x, y): BackendCoord,
        radius: u32,
        style: &S,
        _fill: bool,
    ) -> Drawn {
        self.push(Role::of(style.color()), "circle", format_args!("cx=\"{x}\" cy=\"{y}\" r=\"{radius}\""));
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Drawn {
        self.push(Role::of(style.color()), "polygon", format_args!("points=\"{}\"", points(corners)));
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, (x, y): BackendCoord) -> Drawn {
        let anchor = match style.anchor().h_pos {
            HPos::Left => "start",
            HPos::Center => "middle",
            HPos::Right => "end",
        };
        let shift = match style.anchor().v_pos {
            VPos::Top => "0.76em",
            VPos::Center => "0.36em",
            VPos::Bottom => "-0.3em",
        };
        if let (Some(role), Ok(mut shapes)) = (Role::of(style.color()), self.shapes.lock()) {
            *shapes += &format!(
                "<text class=\"{}\" x=\"{x}\" y=\"{y}\" dy=\"{shift}\" text-anchor=\"{anchor}\">{}</text>\n",
                role.class(),
                escape(text)
            );
        }
        Ok(())
    }

    /// A sans-serif letter is about half as wide as it is high.
    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        _style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let letters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        Ok((letters.saturating_mul(FONT_SIZE * 11 / 20), FONT_SIZE))
    }
}
