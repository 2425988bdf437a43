//! Rules that need the whole gradient of a weight at once, and the passes that they are made of: each
//! pass is divided among a team by outputs, and each sum has one fixed order.

use kernels::{
    Arch, ByCols, ByRows, LANES, Lhs, MAX_SLOTS, Matrix, ParamMut, Partition, SimdFloat, Team,
    UpdateRule, View, column_square_sums, map, product, row_magnitude_sums, row_square_sums,
    scale_outer, transpose, update,
};

/// An update rule that sees a weight and its gradient as a whole.
pub trait TensorRule {
    /// The state of a weight (rows × cols; a bias is a vector) before the first step.
    fn slots(rows: usize, cols: usize, is_vector: bool) -> Vec<Matrix>;

    /// Updates `weight`.
    fn step(&self, ctx: &mut ExecContext<'_>, weight: ParamGrad<'_>);
}

/// An elementwise rule, used as one that is not.
///
/// The kernels that consume a gradient where it is summed are compiled anew for each rule, which
/// takes long. Rules that few use are applied to gradients in memory instead, to the same effect.
#[derive(Clone, Copy, Debug)]
pub struct Elementwise<R>(pub R);

impl<R: UpdateRule> TensorRule for Elementwise<R> {
    fn slots(rows: usize, cols: usize, _: bool) -> Vec<Matrix> {
        vec![Matrix::zeros(rows, cols); R::SLOTS]
    }

    fn step(&self, ctx: &mut ExecContext<'_>, weight: ParamGrad<'_>) {
        ctx.update(&self.0, weight.gradient, weight.value, weight.slots);
    }
}

/// A weight before its update.
pub struct ParamGrad<'a> {
    /// Its numbers.
    pub value: &'a mut Matrix,
    /// Its gradient, of the same shape; of no use after the update.
    pub gradient: &'a mut Matrix,
    /// Its state.
    pub slots: &'a mut [Matrix],
    /// Room for the rule's intermediate results.
    pub scratch: &'a mut Scratch,
    /// Whether it has one dimension, as a bias has.
    pub is_vector: bool,
}

/// Matrices that a rule asks for in every step and that are made in the first.
#[derive(Debug, Default)]
pub struct Scratch(Vec<Matrix>);

impl Scratch {
    /// Matrices of these shapes; what is in them is left from the last step.
    pub fn matrices<const N: usize>(&mut self, shapes: [(usize, usize); N]) -> &mut [Matrix; N] {
        let fits = |(m, shape): (&Matrix, &(usize, usize))| (m.rows(), m.cols()) == *shape;
        if self.0.len() != N || !self.0.iter().zip(&shapes).all(fits) {
            self.0 = shapes.iter().map(|&(rows, cols)| Matrix::zeros(rows, cols)).collect();
        }
        self.0.as_mut_slice().try_into().expect("as many matrices as shapes")
    }
}

/// Who does the work.
pub struct ExecContext<'a> {
    /// The processor's instructions.
    pub arch: Arch,
    /// The threads.
    pub team: &'a mut Team,
    /// Room for the sums of rows.
    pub sums: &'a mut Vec<f64>,
}

/// Numbers that one thread has done with before a team has met.
const FEW: usize = 4096;

impl ExecContext<'_> {
    /// Divides `whole`, which has `n` numbers, among the team if they are worth it.
    fn divide<T: Partition>(&mut self, n: usize, whole: T, work: impl Fn(T, usize) + Sync) {
        if n < FEW { work(whole, 0) } else { self.team.parallel_for(whole, work) }
    }

    /// Updates `value` and its `slots` by an elementwise rule.
    pub fn update<R: UpdateRule>(
        &mut self,
        rule: &R,
        gradient: &Matrix,
        value: &mut Matrix,
        slots: &mut [Matrix],
    ) {
        let (arch, gradient) = (self.arch, gradient.view(gradient.rows()));
        let n = value.as_slice().len();
        self.divide(n, ByCols(ParamMut::new(value, slots)), |part, from| {
            let from = from * LANES;
            let gradient = gradient.columns(from, from + part.0.value.cols());
            update(arch, rule, gradient, part.0);
        });
    }

    /// Applies an elementwise rule that looks at no gradient.
    pub fn map<R: UpdateRule>(&mut self, rule: &R, value: &mut Matrix, slots: &mut [Matrix]) {
        let arch = self.arch;
        let n = value.as_slice().len();
        self.divide(n, ByCols(ParamMut::new(value, slots)), |part, _| map(arch, rule, part.0));
    }

    /// Σ x² of each row of `m`.
    pub fn row_square_sums(&mut self, m: &Matrix) -> &[f64] {
        self.row_sums(row_square_sums, m)
    }

    fn row_sums(&mut self, sum: fn(Arch, View<'_>, &mut [f64]), m: &Matrix) -> &[f64] {
        let (arch, m) = (self.arch, m.view(m.rows()));
        self.sums.resize(m.rows(), 0.0);
        let ExecContext { team, sums, .. } = self;
        team.parallel_for(ByRows::of(sums), |mut part, from| {
            sum(arch, m.row_range(from, from + part.0.len()), &mut part.0);
        });
        sums
    }

    /// Σ x² of each column of `m`, into `sums` (1 × columns).
    pub fn column_square_sums(&mut self, m: &Matrix, sums: &mut Matrix) {
        let (arch, m) = (self.arch, m.view(m.rows()));
        self.team.parallel_for(ByCols(sums.view_mut(1)), |part, from| {
            let from = from * LANES;
            column_square_sums(arch, m.columns(from, from + part.0.cols()), part.0);
        });
    }

    /// Σ x² of `m`: each row's, added from the first row to the last.
    pub fn square_sum(&mut self, m: &Matrix) -> f64 {
        self.row_square_sums(m).iter().sum()
    }

    /// Σ |x| of `m`, in the same order.
    pub fn magnitude_sum(&mut self, m: &Matrix) -> f64 {
        self.row_sums(row_magnitude_sums, m).iter().sum()
    }

    /// `m[r][c]` ← `m[r][c]` · `down[r]` · `along[c]`, both 1 × n.
    pub fn scale_outer(&mut self, down: &Matrix, along: &Matrix, m: &mut Matrix) {
        let arch = self.arch;
        let (down, along, rows) = (&down.row(0)[..down.cols()], along.row(0), m.rows());
        self.team.parallel_for(ByRows(m.view_mut(rows)), |part, from| {
            scale_outer(arch, &down[from..from + part.0.rows()], along, part.0);
        });
    }

    /// C ← A B.
    pub fn product(&mut self, a: Lhs<'_>, b: &Matrix, c: &mut Matrix) {
        let (arch, b, rows) = (self.arch, b.view(b.rows()), c.rows());
        self.team.parallel_for(ByCols(c.view_mut(rows)), |part, from| {
            let from = from * LANES;
            product(arch, a, b.columns(from, from + part.0.cols()), None, part.0);
        });
    }

    /// T ← the transpose of `m`.
    pub fn transpose(&mut self, m: &Matrix, t: &mut Matrix) {
        let (m, rows) = (m.view(m.rows()), t.rows());
        self.team.parallel_for(ByCols(t.view_mut(rows)), |part, from| {
            let from = from * LANES;
            transpose(m.row_range(from, from + part.0.cols()), part.0);
        });
    }
}

/// w ← α w + β g: a sum, a difference, a scaling.
#[derive(Clone, Copy, Debug)]
pub struct Axpby {
    /// α
    pub of_value: f32,
    /// β
    pub of_gradient: f32,
}

impl Axpby {
    /// w ← α w.
    pub fn scale(alpha: f32) -> Axpby {
        Axpby { of_value: alpha, of_gradient: 0.0 }
    }
}

impl UpdateRule for Axpby {
    const SLOTS: usize = 0;
    const IDLE_WITHOUT_GRADIENT: bool = false;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, w: L, g: L, _: &mut [L; MAX_SLOTS]) -> L {
        g.mul_add(w.splat(self.of_gradient), w.splat(self.of_value) * w)
    }
}
