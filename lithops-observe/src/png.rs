//! Pictures as PNG.

use std::sync::{Arc, OnceLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, fontdb};

/// Why a picture could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PngError {
    /// Labels need a font, and this machine has none.
    #[error(
        "this machine has no font for the picture's labels: install one, such as Debian's \
         `fonts-dejavu-core`, or write SVG"
    )]
    NoFont,
    /// The text is no picture in SVG.
    #[error("this is no SVG that can be drawn")]
    Svg(#[from] usvg::Error),
    /// The picture is too large, or has no size.
    #[error("a picture of {width} by {height} pixels can't be made: choose a smaller scale")]
    Size {
        /// Pixels from left to right.
        width: u32,
        /// Pixels from top to bottom.
        height: u32,
    },
    /// The pixels could not be packed.
    #[error("the picture can't be packed as PNG: {reason}")]
    Pack {
        /// What the encoder says.
        reason: String,
    },
}

/// Most pixels of a side.
const MOST: f32 = 16_384.0;

/// A picture of [`svg`](crate::svg) as PNG, `scale` times as large: 2 for screens of high density.
///
/// Reads the machine's fonts at first use, which takes some milliseconds.
///
/// # Errors
/// [`PngError`].
pub fn png(svg: &str, scale: f32) -> Result<Vec<u8>, PngError> {
    static FONTS: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    let fonts = FONTS.get_or_init(|| {
        let mut fonts = fontdb::Database::new();
        fonts.load_system_fonts();
        Arc::new(fonts)
    });
    let Some(first) = fonts.faces().next() else { return Err(PngError::NoFont) };
    let font_family = first.families.first().map_or(String::new(), |(name, _)| name.clone());
    let options = usvg::Options { fontdb: Arc::clone(fonts), font_family, ..Default::default() };
    let tree = usvg::Tree::from_str(svg, &options)?;
    let side = |length: f32| (length * scale).ceil().clamp(0.0, MOST + 1.0);
    let (wide, tall) = (side(tree.size().width()), side(tree.size().height()));
    let (width, height) = (wide as u32, tall as u32);
    let fits = wide <= MOST && tall <= MOST;
    let pixels = fits.then(|| Pixmap::new(width, height)).flatten();
    let mut pixels = pixels.ok_or(PngError::Size { width, height })?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| PngError::Pack { reason: error.to_string() })
}
