//! A PNG picture as one row: gray, of the size that the rows have, bright on dark; it knows no file of
//! several rows.

use std::io::{BufReader, Error};
use std::path::Path;

use crate::data::limits::{MAX_PIXELS, MAX_PNG_TEXT};
use crate::data::{DataError, Inputs, Preprocessing, Table, Targets, Values};
use base::memory;
use base::quote::clip;
use base::system;

/// A picture in its file's form: rows of pixels with some samples each.
struct Samples {
    width: usize,
    height: usize,
    /// Samples of a pixel.
    depth: usize,
    bytes: Vec<u8>,
}

/// Gray pixels, row after row.
struct Gray {
    width: usize,
    height: usize,
    pixels: Vec<f64>,
}

/// Reads a picture as a row for the network of `preprocessing`.
///
/// It is made gray, brought to the rows' height and width by the mean of the pixels that each new one
/// covers, and inverted when its border is bright: digits on paper are dark on bright, those of MNIST
/// bright on dark.
///
/// # Errors
///
/// A file that is no PNG, or rows that are no pictures.
pub fn load_picture(path: &Path, preprocessing: &Preprocessing) -> Result<Table, DataError> {
    let (height, width) = match preprocessing.shape[..] {
        [height, width] | [height, width, 1] => (height, width),
        _ => {
            return Err(DataError::Unlike {
                source_name: path.display().to_string(),
                got: "a picture".to_owned(),
                want: format!("rows of the shape {:?}", preprocessing.shape),
            });
        }
    };
    let mut picture = read(path)?.resized(width, height);
    if 127.5 < picture.border() {
        picture.pixels.iter_mut().for_each(|x| *x = 255.0 - *x);
    }
    let bytes = picture.pixels.iter().map(|x| x.round() as u8).collect();
    let targets = match preprocessing.classes {
        Some(classes) => Targets::Classes { labels: vec![0], classes },
        None => {
            let width = preprocessing.target_width;
            Targets::Values { values: vec![0.0; width], width }
        }
    };
    let inputs = Inputs::new(height * width, Values::Bytes(bytes));
    Ok(Table::new(inputs, targets, preprocessing.shape.clone()))
}

fn read(path: &Path) -> Result<Samples, DataError> {
    let io = |source| DataError::Io { path: path.to_owned(), source };
    let broken = |error: png::DecodingError| match error {
        png::DecodingError::IoError(source) => io(source),
        other => io(Error::other(format!("it is no PNG that can be read: {}", clip(other)))),
    };
    let mut decoder = png::Decoder::new(BufReader::new(system::open(path).map_err(io)?));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    decoder.set_limits(png::Limits { bytes: MAX_PNG_TEXT });
    // Nothing is allocated for the pixels before their number is known.
    let header = decoder.read_header_info().map_err(broken)?;
    let (width, height) = (header.width, header.height);
    if MAX_PIXELS < u64::from(width) * u64::from(height) {
        let got = format!("it has {width} x {height} pixels, want at most {MAX_PIXELS} in all");
        return Err(io(Error::other(got)));
    }
    let mut reader = decoder.read_info().map_err(broken)?;
    let too_large = || io(Error::other("the picture is too large"));
    let size = reader.output_buffer_size().ok_or_else(too_large)?;
    let mut bytes = Vec::new();
    memory::reserve(&mut bytes, size).map_err(|error| io(Error::other(error)))?;
    bytes.resize(size, 0);
    let info = reader.next_frame(&mut bytes).map_err(broken)?;
    let (width, height) = (info.width as usize, info.height as usize);
    Ok(Samples { width, height, depth: info.color_type.samples(), bytes })
}

/// The brightness of a pixel (ITU-R BT.601), over white where it lets through.
fn gray(samples: &[u8]) -> f64 {
    let at = |i: usize| f64::from(samples[i]);
    let (bright, alpha) = match samples.len() {
        1 => (at(0), 255.0),
        2 => (at(0), at(1)),
        3 => (0.299 * at(0) + 0.587 * at(1) + 0.114 * at(2), 255.0),
        _ => (0.299 * at(0) + 0.587 * at(1) + 0.114 * at(2), at(3)),
    };
    255.0 + (bright - 255.0) * alpha / 255.0
}

impl Samples {
    /// The brightness of a pixel.
    fn gray(&self, x: usize, y: usize) -> f64 {
        let at = (y * self.width + x) * self.depth;
        gray(&self.bytes[at..at + self.depth])
    }

    /// A new pixel is the mean of the covered pixels.
    fn resized(&self, width: usize, height: usize) -> Gray {
        let across = shares(self.width, width);
        let down = shares(self.height, height);
        let mut pixels = Vec::with_capacity(width * height);
        for rows in &down {
            for columns in &across {
                let mut sum = 0.0;
                for &(y, high) in rows {
                    for &(x, wide) in columns {
                        sum += self.gray(x, y) * high * wide;
                    }
                }
                pixels.push(sum);
            }
        }
        Gray { width, height, pixels }
    }
}

impl Gray {
    /// The mean of the outermost pixels.
    fn border(&self) -> f64 {
        let outer = |i: &usize| {
            let (x, y) = (i % self.width, i / self.width);
            x == 0 || y == 0 || x + 1 == self.width || y + 1 == self.height
        };
        let pixels: Vec<_> = (0..self.pixels.len()).filter(outer).collect();
        pixels.iter().map(|&i| self.pixels[i]).sum::<f64>() / pixels.len().max(1) as f64
    }
}

/// For each of `to` places the ones of `from` that it covers, with their shares, which make 1.
fn shares(from: usize, to: usize) -> Vec<Vec<(usize, f64)>> {
    let scale = from as f64 / to as f64;
    let place = |i: usize| {
        let (begin, end) = (i as f64 * scale, (i + 1) as f64 * scale);
        let covered = begin.floor() as usize..(end.ceil() as usize).min(from);
        let share = |j: usize| (end.min(j as f64 + 1.0) - begin.max(j as f64)).max(0.0) / scale;
        covered.map(|j| (j, share(j))).collect()
    };
    (0..to).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_make_one_whatever_the_sizes() {
        for (from, to) in [(28, 28), (56, 28), (100, 28), (27, 28), (5, 28), (1, 3)] {
            for place in shares(from, to) {
                let sum: f64 = place.iter().map(|(_, share)| share).sum();
                assert!((sum - 1.0).abs() < 1e-12, "{from} to {to}: {place:?}");
            }
        }
        assert_eq!(shares(4, 2)[1], [(2, 0.5), (3, 0.5)]);
    }

    #[test]
    fn colours_have_their_brightness_over_white() {
        assert_eq!(gray(&[7]), 7.0);
        assert!((gray(&[255, 255, 255]) - 255.0).abs() < 1e-9);
        assert!((gray(&[255, 0, 0]) - 76.245).abs() < 1e-9);
        assert_eq!((gray(&[0, 0]), gray(&[0, 0, 0, 0])), (255.0, 255.0));
    }
}
