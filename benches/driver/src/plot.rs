//! Plots as SVG, drawn here.

use crate::{
    page::Page,
    results::{BrowserResults, CoreResults},
    table::grouped,
};
use std::{collections::BTreeMap, fmt::Write};

/// The area of one panel, and what surrounds it.
const WIDTH: f64 = 380.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 56.0;
const TOP: f64 = 36.0;
const GAP: f64 = 72.0;
const BOTTOM: f64 = 44.0;
const LEGEND_LINE: f64 = 18.0;

/// One line of a plot: points of size and value; `None` is one that did not finish.
struct Line {
    name: String,
    colour: &'static str,
    dashed: bool,
    points: Vec<(f64, Option<f64>)>,
}

/// One pair of axes, both logarithmic.
struct Panel {
    title: &'static str,
    lines: Vec<Line>,
}

/// Seconds of tasks by rows, paced, in arrival order and sorted.
pub(crate) fn of_browser(results: &BrowserResults) -> String {
    let panel = |title, sorted: bool| {
        let mut points: BTreeMap<Page, Vec<(f64, Option<f64>)>> = BTreeMap::new();
        for cell in &results.cells {
            if cell.config.is_paced(sorted) {
                for page in cell.samples.keys() {
                    let tasks = cell.median(*page, |sample| sample.task_seconds);
                    let points = points.entry(*page).or_default();
                    points.push((f64::from(cell.config.rows), tasks));
                }
            }
        }
        let line = |(page, points): (Page, _)| Line {
            name: page.name().into(),
            colour: page.colour(),
            dashed: page.is_windowed(),
            points,
        };
        Panel {
            title,
            lines: points.into_iter().map(line).collect(),
        }
    };
    let panels = [
        panel("in arrival order: seconds of tasks, by rows", false),
        panel("sorted: seconds of tasks, by rows", true),
    ];
    draw(&panels)
}

/// Nanoseconds per event by size, natively and as WebAssembly.
pub(crate) fn of_core(results: &CoreResults) -> String {
    const SHOWN: [(&str, &str); 6] = [
        ("list-typed", "#57606a"),
        ("list-patch-sorted", "#2da44e"),
        ("list-client-sorted", "#1f6feb"),
        ("list-churn-sorted", "#bf8700"),
        ("overlay-beneath", "#8250df"),
        ("presence", "#cf222e"),
    ];
    let panel = |title, of: fn(&crate::results::CoreCell) -> f64| {
        let line = |(case, colour): (&str, &'static str)| Line {
            name: case.into(),
            colour,
            dashed: false,
            points: (results.cells.iter())
                .filter(|cell| cell.case == case)
                .map(|cell| (f64::from(cell.size), Some(of(cell))))
                .collect(),
        };
        Panel {
            title,
            lines: SHOWN.map(line).into(),
        }
    };
    let panels = [
        panel(
            "native: nanoseconds an event, by size",
            crate::results::CoreCell::native,
        ),
        panel(
            "wasm: nanoseconds an event, by size",
            crate::results::CoreCell::speed,
        ),
    ];
    draw(&panels)
}

fn draw(panels: &[Panel]) -> String {
    let (low, high) = decades(
        panels
            .iter()
            .flat_map(|panel| &panel.lines)
            .flat_map(|line| line.points.iter().filter_map(|(_, value)| *value)),
    );
    let sizes = panels
        .iter()
        .flat_map(|panel| &panel.lines)
        .flat_map(|line| line.points.iter().map(|(size, _)| *size));
    let (first, last) = decades(sizes);
    let longest = panels
        .iter()
        .map(|panel| panel.lines.len())
        .max()
        .unwrap_or_default();
    let width = LEFT + panels.len() as f64 * (WIDTH + GAP);
    let height = TOP + HEIGHT + BOTTOM + longest.div_ceil(2) as f64 * LEGEND_LINE + 12.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
    );
    for (place, panel) in panels.iter().enumerate() {
        let axes = Axes {
            left: LEFT + place as f64 * (WIDTH + GAP),
            sizes: (first, last),
            values: (low, high),
        };
        axes.draw(&mut svg, panel);
    }
    svg + "</svg>\n"
}

/// The powers of ten around all values.
fn decades(values: impl Iterator<Item = f64>) -> (i32, i32) {
    let (mut low, mut high) = (i32::MAX, i32::MIN);
    for value in values.filter(|value| value.is_finite() && *value > 0.0) {
        low = low.min(value.log10().floor() as i32);
        high = high.max(value.log10().ceil() as i32);
    }
    if low > high {
        return (0, 1);
    }
    (low, high.max(low + 1))
}

struct Axes {
    left: f64,
    sizes: (i32, i32),
    values: (i32, i32),
}

impl Axes {
    fn x(&self, size: f64) -> f64 {
        let (low, high) = self.sizes;
        self.left + (size.log10() - f64::from(low)) / f64::from(high - low) * WIDTH
    }

    fn y(&self, value: f64) -> f64 {
        let (low, high) = self.values;
        TOP + HEIGHT - (value.log10() - f64::from(low)) / f64::from(high - low) * HEIGHT
    }

    fn draw(&self, svg: &mut String, panel: &Panel) {
        // Writing to a string cannot fail.
        let _ = self.grid(svg, panel.title);
        for (place, line) in panel.lines.iter().enumerate() {
            let _ = self.line(svg, line);
            let _ = self.legend(svg, line, place);
        }
    }

    fn grid(&self, svg: &mut String, title: &str) -> std::fmt::Result {
        let (left, right, bottom) = (self.left, self.left + WIDTH, TOP + HEIGHT);
        writeln!(
            svg,
            "<text x=\"{left}\" y=\"20\" font-weight=\"bold\">{title}</text>"
        )?;
        for power in self.values.0..=self.values.1 {
            let (y, label) = (self.y(10_f64.powi(power)), number(power));
            writeln!(
                svg,
                "<path d=\"M{left} {y:.1}H{right}\" stroke=\"#d0d7de\"/>\
                 <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
                left - 6.0,
                y + 4.0
            )?;
        }
        for power in self.sizes.0..=self.sizes.1 {
            let (x, label) = (self.x(10_f64.powi(power)), number(power));
            writeln!(
                svg,
                "<path d=\"M{x:.1} {TOP}V{bottom}\" stroke=\"#d0d7de\"/>\
                 <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{label}</text>",
                bottom + 18.0
            )?;
        }
        Ok(())
    }

    fn line(&self, svg: &mut String, line: &Line) -> std::fmt::Result {
        let colour = line.colour;
        let dash = if line.dashed {
            " stroke-dasharray=\"6 4\""
        } else {
            ""
        };
        let mut path = String::new();
        for (size, value) in &line.points {
            let x = self.x(*size);
            match value {
                Some(value) => {
                    let y = self.y(*value);
                    let step = if path.is_empty() { 'M' } else { 'L' };
                    write!(path, "{step}{x:.1} {y:.1}")?;
                    writeln!(
                        svg,
                        "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>"
                    )?;
                }
                // A cross at the top: this one did not finish.
                None => writeln!(
                    svg,
                    "<path d=\"M{:.1} {:.1}l8 8m0 -8l-8 8\" stroke=\"{colour}\" stroke-width=\"2\"/>",
                    x - 4.0,
                    TOP - 4.0
                )?,
            }
        }
        if !path.is_empty() {
            writeln!(
                svg,
                "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dash}/>"
            )?;
        }
        Ok(())
    }

    /// Two columns below the panel.
    fn legend(&self, svg: &mut String, line: &Line, place: usize) -> std::fmt::Result {
        let x = self.left + (place % 2) as f64 * WIDTH / 2.0;
        let y = TOP + HEIGHT + BOTTOM + (place / 2) as f64 * LEGEND_LINE;
        let dash = if line.dashed {
            " stroke-dasharray=\"6 4\""
        } else {
            ""
        };
        writeln!(
            svg,
            "<path d=\"M{x} {}h24\" stroke=\"{}\" stroke-width=\"2\"{dash}/><text x=\"{}\" y=\"{y}\">{}</text>",
            y - 4.0,
            line.colour,
            x + 30.0,
            line.name
        )
    }
}

/// A power of ten in digits.
fn number(power: i32) -> String {
    match u32::try_from(power) {
        Ok(power) => grouped(10_u64.pow(power)),
        Err(_) => format!("{}", 10_f64.powi(power)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axes_reach_around_all_values() {
        assert_eq!(decades([0.3, 40.0].into_iter()), (-1, 2));
        assert_eq!(decades([100.0].into_iter()), (2, 3));
        assert_eq!(decades(std::iter::empty()), (0, 1));
    }

    #[test]
    fn what_did_not_finish_is_a_cross_and_not_a_point_of_the_line() {
        let line = Line {
            name: "it".into(),
            colour: "#000",
            dashed: false,
            points: vec![(100.0, Some(1.0)), (1_000.0, None)],
        };
        let svg = draw(&[Panel {
            title: "t",
            lines: vec![line],
        }]);
        assert_eq!(svg.matches("<circle").count(), 1);
        assert_eq!(svg.matches("l8 8m0 -8l-8 8").count(), 1);
        assert!(svg.ends_with("</svg>\n"));
    }
}
