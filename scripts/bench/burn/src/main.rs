//! A network in burn on MNIST, backend flex: EPOCHS THREADS MNIST UNITS[,UNITS...] BATCH.
//!
//! Prints a line of loss, accuracy, val_loss and val_accuracy for each epoch, then the seconds from
//! the process's start to the first epoch, those of the epochs, the last val_accuracy, and after
//! the word `epoch` the median of the epochs' seconds. It never writes a file.

use std::error::Error;
use std::fs::File;
use std::time::Instant;

use burn::module::Module;
use burn::nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig};
use burn::nn::{Initializer, Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Int, Tensor, TensorData};
use ndarray::{Array1, Array3};
use ndarray_npy::NpzReader;
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

const PIXELS: usize = 784;
const CLASSES: usize = 10;
const TRAIN: usize = 48_000;

fn main() -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [epochs, threads, path, units, batch] = arguments.as_slice() else {
        return Err("want EPOCHS THREADS MNIST UNITS[,UNITS...] BATCH".into());
    };
    let (epochs, batch): (usize, usize) = (epochs.parse()?, batch.parse()?);
    let units = units.split(',').map(str::parse).collect::<Result<Vec<usize>, _>>()?;
    rayon::ThreadPoolBuilder::new().num_threads(threads.parse()?).build_global()?;

    let device = Device::flex();
    device.seed(0);
    let [train, validation] = read_rows(path, &device)?;
    let mut fit = Fit::new(&units, batch, &device.autodiff());
    let begun = Instant::now();
    let mut seconds = Vec::with_capacity(epochs);
    let mut val_accuracy = 0.0;
    for _ in 0..epochs {
        let at = Instant::now();
        let (loss, accuracy) = fit.epoch(&train);
        let val_loss;
        (val_loss, val_accuracy) = fit.validate(&validation);
        seconds.push(at.elapsed().as_secs_f64());
        println!("{loss:.4} {accuracy:.4} {val_loss:.4} {val_accuracy:.4}");
    }
    let (before, inside) = ((begun - start).as_secs_f64(), begun.elapsed().as_secs_f64());
    println!("{before} {inside} {val_accuracy} epoch {}", median(seconds));
    Ok(())
}

/// Images `[rows, 784]` in 0..=1 and their classes `[rows]`.
struct Rows {
    x: Tensor<2>,
    y: Tensor<1, Int>,
}

/// The first 48,000 rows and the other 12,000: tensors of their own, as selecting rows of a tensor
/// that is a slice of another copies all of it.
fn read_rows(path: &str, device: &Device) -> Result<[Rows; 2], Box<dyn Error>> {
    let mut file = NpzReader::new(File::open(path).map_err(|error| format!("{path}: {error}"))?)?;
    let images: Array3<u8> = file.by_name("x_train")?;
    let labels: Array1<u8> = file.by_name("y_train")?;
    let pixels: Vec<f32> = images.iter().map(|&pixel| f32::from(pixel) / 255.0).collect();
    let classes: Vec<i64> = labels.iter().map(|&label| i64::from(label)).collect();
    let rows = |from: usize, to: usize| {
        let x = TensorData::new(pixels[from * PIXELS..to * PIXELS].to_vec(), [to - from, PIXELS]);
        let y = TensorData::new(classes[from..to].to_vec(), [to - from]);
        Rows { x: Tensor::from_data(x, device), y: Tensor::from_data(y, device) }
    };
    Ok([rows(0, TRAIN), rows(TRAIN, classes.len())])
}

/// Dense layers with ReLU between them.
#[derive(Module, Debug)]
struct Network {
    layers: Vec<Linear>,
}

impl Network {
    /// Kernels uniform within Glorot's limit, biases 0, as Keras draws them.
    fn new(units: &[usize], device: &Device) -> Self {
        let sizes = [&[PIXELS], units, &[CLASSES]].concat();
        let dense = |pair: &[usize]| {
            let kernel = Initializer::XavierUniform { gain: 1.0 };
            let mut layer =
                LinearConfig::new(pair[0], pair[1]).with_initializer(kernel).init(device);
            layer.bias = Some(Initializer::Zeros.init([pair[1]], device));
            layer
        };
        Self { layers: sizes.windows(2).map(dense).collect() }
    }

    /// Logits `[rows, 10]` of images `[rows, 784]`.
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let (last, hidden) = self.layers.split_last().expect("a network has an output layer");
        last.forward(hidden.iter().fold(x, |x, layer| relu(layer.forward(x))))
    }
}

struct Fit {
    network: Network,
    optimizer: ModuleOptimizer,
    loss: CrossEntropyLoss,
    order: Vec<i64>,
    random: StdRng,
    batch: usize,
}

impl Fit {
    fn new(units: &[usize], batch: usize, device: &Device) -> Self {
        Self {
            network: Network::new(units, device),
            optimizer: AdamConfig::new().with_epsilon(1e-7).init(),
            loss: CrossEntropyLossConfig::new().init(device),
            order: (0..TRAIN as i64).collect(),
            random: StdRng::seed_from_u64(0),
            batch,
        }
    }

    /// Trains on every row once, in a new order: the mean loss and the accuracy on the way.
    fn epoch(&mut self, rows: &Rows) -> (f64, f64) {
        self.order.shuffle(&mut self.random);
        let (mut total, mut hits) = (0.0, 0);
        for chosen in self.order.chunks(self.batch) {
            let data = TensorData::new(chosen.to_vec(), [chosen.len()]);
            let chosen_rows = Tensor::<1, Int>::from_data(data, &rows.x.device());
            let x = rows.x.clone().select(0, chosen_rows.clone());
            let y = rows.y.clone().select(0, chosen_rows);
            let logits = self.network.forward(x.autodiff());
            hits += count_hits(logits.clone().inner(), y.clone());
            let loss = self.loss.forward(logits, y.autodiff());
            let gradients = GradientsParams::from_grads(loss.backward(), &self.network);
            self.network = self.optimizer.step(0.001, self.network.clone(), gradients);
            total += loss.into_scalar::<f64>() * chosen.len() as f64;
        }
        (total / TRAIN as f64, hits as f64 / TRAIN as f64)
    }

    /// The loss and the accuracy on rows that are not trained on, in one batch.
    fn validate(&self, rows: &Rows) -> (f64, f64) {
        let logits = self.network.valid().forward(rows.x.clone());
        let hits = count_hits(logits.clone(), rows.y.clone());
        let loss = self.loss.valid().forward(logits, rows.y.clone());
        (loss.into_scalar(), hits as f64 / rows.y.dims()[0] as f64)
    }
}

/// How many rows have their greatest logit at their class.
fn count_hits(logits: Tensor<2>, y: Tensor<1, Int>) -> i64 {
    logits.argmax(1).squeeze_dim::<1>(1).equal(y).int().sum().into_scalar()
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    let middle = seconds.len() / 2;
    match seconds.len() {
        0 => 0.0,
        n if n % 2 == 1 => seconds[middle],
        _ => (seconds[middle - 1] + seconds[middle]) / 2.0,
    }
}
