//! The network itself: magnitudes → four convolutions → LSTM → probability.

use super::SileroError;
use super::file::ModelFile;
use super::kernel::Layer;
use super::spectrum::{BINS, STEPS, Spectrum};

/// Samples the network looks at: context, frame and the mirrored end.
pub(super) const WINDOW: usize = 640;
/// Size of the LSTM.
const HIDDEN: usize = 128;

/// The LSTM's memory.
#[derive(Clone)]
pub(super) struct State {
    hidden: [f32; HIDDEN],
    cell: [f32; HIDDEN],
}

impl Default for State {
    fn default() -> Self {
        State { hidden: [0.0; HIDDEN], cell: [0.0; HIDDEN] }
    }
}

/// All weights. The blocks are as wide as keeps about eight vector sums in flight, whatever the number of time steps.
pub(super) struct Network {
    spectrum: Spectrum,
    /// 4 time steps in, 4 out.
    first: Layer<BINS, 16, 3>,
    /// 4 in, 2 out.
    second: Layer<128, 32, 3>,
    /// 2 in, 1 out: the first tap only meets padding and is left out.
    third: Layer<64, 64, 2>,
    /// 1 in, 1 out: only the middle tap meets anything.
    fourth: Layer<64, 64, 1>,
    /// Input and hidden state stacked, 256 → 512 gates (input, forget, cell, output).
    gates: Layer<256, 64, 1>,
    output: [f32; HIDDEN],
    output_bias: f32,
}

impl Network {
    /// Takes the weights out of `file`.
    pub fn new(file: &mut ModelFile) -> Result<Self, SileroError> {
        let spectrum = Spectrum::new(&file.take("_model.stft.forward_basis_buffer", 258 * 256)?)?;
        let mut encoder = |layer: usize, inputs: usize, outputs: usize| {
            let weight = file.take(&format!("_model.encoder.{layer}.reparam_conv.weight"), inputs * outputs * 3)?;
            let bias = file.take(&format!("_model.encoder.{layer}.reparam_conv.bias"), outputs)?;
            Ok::<_, SileroError>((move |o: usize, i: usize, k: usize| weight[(o * inputs + i) * 3 + k], bias))
        };
        let (weight, bias) = encoder(0, BINS, 128)?;
        let first = Layer::new(128, weight, |o| bias[o]);
        let (weight, bias) = encoder(1, 128, 64)?;
        let second = Layer::new(64, weight, |o| bias[o]);
        let (weight, bias) = encoder(2, 64, 64)?;
        let third = Layer::new(64, |o, i, k| weight(o, i, k + 1), |o| bias[o]);
        let (weight, bias) = encoder(3, 64, 128)?;
        let fourth = Layer::new(128, |o, i, _| weight(o, i, 1), |o| bias[o]);

        let mut lstm = |part: &str, len: usize| file.take(&format!("_model.decoder.rnn.{part}"), len);
        let from_input = lstm("weight_ih", 4 * HIDDEN * HIDDEN)?;
        let from_hidden = lstm("weight_hh", 4 * HIDDEN * HIDDEN)?;
        let (bias_input, bias_hidden) = (lstm("bias_ih", 4 * HIDDEN)?, lstm("bias_hh", 4 * HIDDEN)?);
        let weight = |o: usize, i: usize, _| match i.checked_sub(HIDDEN) {
            None => from_input[o * HIDDEN + i],
            Some(i) => from_hidden[o * HIDDEN + i],
        };
        let gates = Layer::new(4 * HIDDEN, weight, |o| bias_input[o] + bias_hidden[o]);

        let mut output = [0.0; HIDDEN];
        output.copy_from_slice(&file.take("_model.decoder.decoder.2.weight", HIDDEN)?);
        let output_bias = file.take("_model.decoder.decoder.2.bias", 1)?[0];
        Ok(Network { spectrum, first, second, third, fourth, gates, output, output_bias })
    }

    /// Probability of speech in `window`, following what `state` remembers.
    pub fn probability(&self, window: &[f32; WINDOW], state: &mut State) -> f32 {
        // Activations are [time][channel], with zeros before and after where the next layer pads.
        let mut magnitudes = [[0.0; BINS]; STEPS + 2];
        self.spectrum.magnitudes(window, &mut magnitudes);
        let mut a = [[0.0; 128]; 6];
        self.first.apply::<6, 4, 1>(&magnitudes, |first, sums| put_relu(&mut a[1..5], first, sums));
        let mut b = [[0.0; 64]; 2];
        self.second.apply::<6, 2, 2>(&a, |first, sums| put_relu(&mut b, first, sums));
        let mut c = [[0.0; 64]];
        self.third.apply::<2, 1, 1>(&b, |first, sums| put_relu(&mut c, first, sums));
        let mut x = [[0.0; 2 * HIDDEN]];
        self.fourth.apply::<1, 1, 1>(&c, |first, sums| put_relu(&mut x, first, sums));
        x[0][HIDDEN..].copy_from_slice(&state.hidden);
        let mut gates = [0.0; 4 * HIDDEN];
        self.gates.apply::<1, 1, 1>(&x, |first, [sums]| gates[first..first + sums.len()].copy_from_slice(sums));

        let mut logit = self.output_bias;
        for i in 0..HIDDEN {
            let [input, forget, cell, output] = [0, 1, 2, 3].map(|gate| gates[gate * HIDDEN + i]);
            state.cell[i] = sigmoid(forget) * state.cell[i] + sigmoid(input) * tanh(cell);
            state.hidden[i] = sigmoid(output) * tanh(state.cell[i]);
            logit += self.output[i] * relu(state.hidden[i]);
        }
        sigmoid(logit)
    }
}

/// Puts the positive parts of a block's sums where its channels begin.
#[inline(always)]
fn put_relu<const N: usize, const W: usize>(rows: &mut [[f32; N]], first: usize, sums: &[[f32; W]]) {
    for (row, sums) in rows.iter_mut().zip(sums) {
        for (to, sum) in row[first..first + W].iter_mut().zip(sums) {
            *to = relu(*sum);
        }
    }
}

fn relu(x: f32) -> f32 {
    x.max(0.0)
}

/// By one exponential: the library's `tanh` is exact in the last bit near zero, which costs three times as much and shows
/// nowhere here.
fn tanh(x: f32) -> f32 {
    2.0 * sigmoid(2.0 * x) - 1.0
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
