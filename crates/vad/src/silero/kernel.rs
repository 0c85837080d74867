//! The inner loop, written so that the compiler keeps the sums in vector registers: fixed sizes, and every innermost loop
//! over neighbouring values. Look at the machine code again after a change; a form that is as good on paper ran six times
//! slower.

/// The weights of a convolution over time with kernel `K`, or of a matrix (`K` = 1), with `IN` input channels: output
/// channels in blocks of `W`, so that the sums of one block for all time steps fit the registers.
pub(super) struct Layer<const IN: usize, const W: usize, const K: usize> {
    blocks: Vec<Block<IN, W, K>>,
}

struct Block<const IN: usize, const W: usize, const K: usize> {
    bias: [f32; W],
    rows: [[[f32; W]; K]; IN],
}

impl<const IN: usize, const W: usize, const K: usize> Layer<IN, W, K> {
    /// Builds the layer from `weight(output, input, tap)` and `bias(output)`. `outputs` is a multiple of `W`.
    pub fn new(outputs: usize, weight: impl Fn(usize, usize, usize) -> f32, bias: impl Fn(usize) -> f32) -> Self {
        debug_assert_eq!(outputs % W, 0);
        let block = |first: usize| {
            let mut block = Block { bias: [0.0; W], rows: [[[0.0; W]; K]; IN] };
            for lane in 0..W {
                block.bias[lane] = bias(first + lane);
                for (i, row) in block.rows.iter_mut().enumerate() {
                    for (tap, weights) in row.iter_mut().enumerate() {
                        weights[lane] = weight(first + lane, i, tap);
                    }
                }
            }
            block
        };
        Layer { blocks: (0..outputs / W).map(|b| block(b * W)).collect() }
    }

    /// Applies the layer to `input[time][channel]`, where output step `t` reads times `t · STEP … t · STEP + K − 1`. `put` gets
    /// the first output channel of each block, and the block's sums for each time step.
    #[inline(always)]
    pub fn apply<const P: usize, const T: usize, const STEP: usize>(
        &self,
        input: &[[f32; IN]; P],
        mut put: impl FnMut(usize, &[[f32; W]; T]),
    ) {
        for (b, block) in self.blocks.iter().enumerate() {
            put(b * W, &block.sums::<P, T, STEP>(input));
        }
    }
}

impl<const IN: usize, const W: usize, const K: usize> Block<IN, W, K> {
    /// Never inlined: on its own the loop is compiled as meant.
    #[inline(never)]
    fn sums<const P: usize, const T: usize, const STEP: usize>(&self, input: &[[f32; IN]; P]) -> [[f32; W]; T] {
        let mut sums = [self.bias; T];
        for (i, row) in self.rows.iter().enumerate() {
            for tap in 0..K {
                for t in 0..T {
                    let x = input[t * STEP + tap][i];
                    for lane in 0..W {
                        sums[t][lane] = fused(row[tap][lane], x, sums[t][lane]);
                    }
                }
            }
        }
        sums
    }
}

/// `a · b + c`, in one instruction where the target has it. Elsewhere `mul_add` would be a library call.
#[inline(always)]
fn fused(a: f32, b: f32, c: f32) -> f32 {
    if cfg!(any(target_feature = "fma", target_arch = "aarch64")) { a.mul_add(b, c) } else { a * b + c }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_is_a_convolution() {
        let weight = |o: usize, i: usize, k: usize| (o * 7 + i * 3 + k) as f32 * 0.25 - 1.0;
        let layer = Layer::<2, 2, 3>::new(4, weight, |o| o as f32);
        let input = [[0.0, 4.0], [1.0, 0.0], [-2.0, 1.0], [3.0, -1.0], [0.5, 2.0]];
        let mut seen = 0;
        layer.apply::<5, 2, 2>(&input, |first, sums| {
            for (t, sums) in sums.iter().enumerate() {
                for (lane, sum) in sums.iter().enumerate() {
                    let o = first + lane;
                    let taps = (0..2).flat_map(|i| (0..3).map(move |k| (i, k)));
                    let plain: f32 = taps.map(|(i, k)| weight(o, i, k) * input[t * 2 + k][i]).sum();
                    assert!((sum - plain - o as f32).abs() < 1e-5, "{o} {t}");
                    seen += 1;
                }
            }
        });
        assert_eq!(seen, 8);
    }
}
