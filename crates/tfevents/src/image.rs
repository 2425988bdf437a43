//! Images for the Images dashboard: a string tensor of width, height and the PNG files.
//!
//! Format: [`tensorboard/plugins/image/summary_v2.py`](https://github.com/tensorflow/tensorboard/blob/master/tensorboard/plugins/image/summary_v2.py).

use tensorboard_proto::types::DataType;

use super::summary::{Summary, tensor, tensor_summary};

/// An 8-bit RGB image in row-major order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// `3 * width * height` bytes: red, green, blue of each pixel.
    pub rgb: Vec<u8>,
}

/// Encodes `pictures` under `tag`; all share the size of the first.
///
/// The dashboard shows three images of a tag by default.
pub fn image(tag: &str, pictures: &[Picture]) -> Summary {
    let size = pictures.first().map_or((0, 0), |first| (first.width, first.height));
    let mut tensor = tensor(DataType::DT_STRING, &[2 + pictures.len() as i64]);
    tensor.string_val.push(size.0.to_string().into_bytes());
    tensor.string_val.push(size.1.to_string().into_bytes());
    pictures.iter().for_each(|picture| tensor.string_val.push(picture.png()));
    tensor_summary(tag, tensor, "images", Vec::new())
}

impl Picture {
    /// Encodes the picture as PNG; returns no bytes if the length of `rgb` does not match the size.
    pub fn png(&self) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        let written = encoder.write_header().and_then(|mut png| png.write_image_data(&self.rgb));
        if written.is_err() {
            file.clear();
        }
        file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picture_round_trips() {
        let rgb: Vec<u8> = (0..3 * 2 * 5).map(|i| i as u8 * 8).collect();
        let picture = Picture { width: 5, height: 2, rgb: rgb.clone() };
        let summary = image("w", &[picture.clone(), picture]);
        let strings = &summary.0.value[0].get_tensor().string_val;
        assert_eq!((&strings[0][..], &strings[1][..], strings.len()), (&b"5"[..], &b"2"[..], 4));
        let mut reader = png::Decoder::new(std::io::Cursor::new(&strings[2])).read_info().unwrap();
        let mut got = vec![0; rgb.len()];
        reader.next_frame(&mut got).unwrap();
        assert_eq!(got, rgb);
    }
}
