//! Optimizers with Keras's names and defaults, as a table. A rule is a function of a parameter, its
//! gradient and its slots; layers and batches are unknown here.
//!
//! # How to add an optimizer
//!
//! 1. Add a file with a struct of the arguments and an implementation of `Algorithm`.
//! 2. Declare the file and add a row to the table below. The name of the struct in lower case is the
//!    name in a config, its doc comment the description in the reference.
//! 3. Add cases to `tests/golden/keras_optimizers.py`, and renew the schema:
//!    `UPDATE=1 INSTA_UPDATE=always cargo test config`.

mod common_args;
mod optimizer;
mod rule;
mod schedule;
mod table;

mod decay_and_clip;
mod ema;
mod power;
mod tensor_rule;

mod adadelta;
mod adafactor;
mod adagrad;
mod adam;
mod adamax;
mod adamw;
mod ftrl;
mod lamb;
mod lion;
mod muon;
mod nadam;
mod rmsprop;
mod schedule_free_adamw;
mod sgd;

pub use common_args::CommonArgs;
pub use ema::Ema;
pub use rule::RuleVisitor;
pub use schedule::{
    CosineDecay, CosineDecayRestarts, ExponentialDecay, InverseTimeDecay, LearningRate,
    PiecewiseConstantDecay, PolynomialDecay, Schedule,
};
pub use tensor_rule::{Axpby, Elementwise, ExecContext, ParamGrad, Scratch, TensorRule};

table::optimizers! {
    /// Gradient descent, with momentum when asked for.
    sgd::Sgd [],
    /// RMSprop (Tieleman and Hinton 2012), in Keras's formulation.
    rmsprop::RmsProp [],
    /// Adam (Kingma and Ba 2015), in Keras's formulation.
    adam::Adam [],
    /// Adam with a decay of the weights beside it (Loshchilov and Hutter 2019).
    adamw::AdamW [],
    /// Adagrad (Duchi et al. 2011): steps divided by the root of all squares so far.
    adagrad::Adagrad [],
    /// Adadelta (Zeiler 2012): steps as large as the last ones were; Keras's default rate is small.
    adadelta::Adadelta [],
    /// Adamax (Kingma and Ba 2015): Adam by the greatest gradient instead of the mean square.
    adamax::Adamax [],
    /// Adam with Nesterov's momentum (Dozat 2016).
    nadam::Nadam [],
    /// Follow the regularized leader (McMahan et al. 2013), for sparse linear models.
    ftrl::Ftrl [],
    /// Lion (Chen et al. 2023): steps of one size, by the sign of a momentum.
    lion::Lion [],
    /// Lamb (You et al. 2020): Adam's direction, with steps in proportion to each weight's norm.
    lamb::Lamb [],
    /// Adafactor (Shazeer and Stern 2018): second moments by row and column alone.
    adafactor::Adafactor [],
    /// Muon (Jordan et al. 2024): orthogonal steps for kernels, AdamW for biases.
    muon::Muon [],
    /// Schedule-free AdamW (Defazio et al. 2024): an average of the weights instead of a schedule.
    schedule_free_adamw::ScheduleFreeAdamW ["schedule_free_adamw"],
}

#[cfg(test)]
mod tests;
