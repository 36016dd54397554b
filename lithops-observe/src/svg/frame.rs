//! A picture's frame: its title, its axes, and the area between them.

use std::fmt::Write as _;

use super::WIDTH;
use crate::escape::escaped;

/// Space for labels left of the area and below it, for the title above it.
const LEFT: f64 = 78.0;
const RIGHT: f64 = 22.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 34.0;

/// A picture under way.
#[derive(Debug)]
pub(super) struct Frame {
    height: f64,
    body: String,
}

impl Frame {
    /// A frame around an area of this height, with a title and a line below it.
    pub(super) fn new(area_height: f64, title: &str, remark: &str) -> Self {
        let mut frame = Self { height: TOP + area_height + BOTTOM, body: String::new() };
        frame.add(format_args!(
            "<text x=\"{LEFT}\" y=\"18\" class=\"title\">{}</text>\n\
             <text x=\"{LEFT}\" y=\"35\" class=\"soft\">{}</text>\n",
            escaped(title),
            escaped(remark)
        ));
        frame
    }

    /// The size of the area.
    pub(super) fn area(&self) -> (f64, f64) {
        (f64::from(WIDTH) - LEFT - RIGHT, self.height - TOP - BOTTOM)
    }

    /// A line and a label for each place on the horizontal axis, from 0 to 1.
    pub(super) fn across(&mut self, labels: impl IntoIterator<Item = (f64, String)>) {
        let (width, height) = self.area();
        for (place, label) in labels {
            let (x, bottom) = (LEFT + place * width, TOP + height);
            self.add(format_args!(
                "<path d=\"M{x:.1} {TOP}V{bottom:.1}\" class=\"line\"/>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" class=\"soft\">{}</text>\n",
                bottom + 18.0,
                escaped(&label)
            ));
        }
    }

    /// A line and a label for each place on the vertical axis, from 0 at the bottom to 1.
    pub(super) fn upwards(&mut self, labels: impl IntoIterator<Item = (f64, String)>) {
        let (width, height) = self.area();
        for (place, label) in labels {
            let (y, right) = (TOP + (1.0 - place) * height, LEFT + width);
            self.add(format_args!(
                "<path d=\"M{LEFT} {y:.1}H{right:.1}\" class=\"line\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" class=\"soft\">{}</text>\n",
                LEFT - 8.0,
                y + 4.0,
                escaped(&label)
            ));
        }
    }

    /// A label left of the area, at so many pixels from its top.
    pub(super) fn beside(&mut self, y: f64, label: &str) {
        let (x, y) = (LEFT - 8.0, TOP + y + 4.0);
        self.add(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"end\" class=\"soft\">{}</text>\n",
            escaped(label)
        ));
    }

    /// A shape in the area, its path told from the area's upper left corner.
    pub(super) fn shape(&mut self, class: &str, path: &str) {
        if !path.is_empty() {
            self.add(format_args!(
                "<path transform=\"translate({LEFT} {TOP})\" class=\"{class}\" d=\"{path}\"/>\n"
            ));
        }
    }

    /// A dashed line down the area at a place from 0 to 1, with a label at `y` pixels from the top.
    pub(super) fn mark(&mut self, place: f64, y: f64, label: &str) {
        let (width, height) = self.area();
        let (x, bottom) = (LEFT + place * width, TOP + height);
        let (anchor, beside) = if place > 0.8 { ("end", x - 5.0) } else { ("start", x + 5.0) };
        self.add(format_args!(
            "<path d=\"M{x:.1} {TOP}V{bottom:.1}\" class=\"mark\"/>\
             <text x=\"{beside:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>\n",
            TOP + y,
            escaped(label)
        ));
    }

    /// The picture as a file.
    pub(super) fn alone(&self) -> String {
        stacked(std::slice::from_ref(self))
    }

    fn add(&mut self, markup: std::fmt::Arguments<'_>) {
        // A string that can't be written to never fails.
        self.body.write_fmt(markup).ok();
    }
}

/// Frames below one another, as one file.
pub(super) fn stacked(frames: &[Frame]) -> String {
    let height: f64 = frames.iter().map(|frame| frame.height).sum();
    let mut file = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n<style>{STYLE}</style>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" class=\"ground\"/>\n"
    );
    let mut from = 0.0;
    for frame in frames {
        file.push_str(&format!("<g transform=\"translate(0 {from})\">\n{}</g>\n", frame.body));
        from += frame.height;
    }
    file.push_str("</svg>\n");
    file
}

const STYLE: &str = "\
text{font:12px 'DejaVu Sans',Helvetica,Arial,sans-serif;fill:#1b2330}\
.title{font-size:15px;font-weight:bold}.soft{fill:#566072}.ground{fill:#fff}\
.line{stroke:#dfe3e9}.mark{stroke:#1b2330;stroke-dasharray:4 3}\
.ok{fill:#2f6fbd}.again{fill:#c98a00}.failed{fill:#c7331a}\
.bars{fill:#6a8fc0}.curve{fill:#2f6fbd;fill-opacity:.25;stroke:#2f6fbd}";
