//! Learning: a linear support vector machine for each label, and what its margin amounts to.

use super::features::Vector;

/// Passes over the sentences; later ones change next to nothing.
const PASSES: usize = 8;

/// A sentence that is told rightly by this much more than its margin does not come back into question.
const FAR: f32 = 0.3;

/// Weights by feature.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pub(super) weights: Vec<f32>,
    pub(super) bias: f32,
}

impl Line {
    /// Signed distance in margins: above 0 on the side of the label.
    pub(super) fn margin(&self, vector: &Vector) -> f32 {
        let sum: f32 =
            vector.iter().filter_map(|&(place, value)| Some(self.weights.get(place as usize)? * value)).sum();
        sum + self.bias
    }
}

/// Dual coordinate descent for L2-regularised squared hinge loss (Hsieh et al., "A Dual Coordinate Descent Method for Large-scale Linear
/// SVM", ICML 2008), always in the same order, so that the same sentences give the same weights. `cost` is what a sentence on the wrong
/// side weighs against small weights.
pub(super) fn learn(examples: &[(&Vector, bool)], features: usize, cost: f32) -> Line {
    let mut line = Line { weights: vec![0.0; features], bias: 0.0 };
    let mut alphas = vec![0.0f32; examples.len()];
    // The bias is a feature of value 1 that all have.
    let norm = |vector: &Vector| vector.iter().map(|(_, value)| value * value).sum::<f32>() + 1.0;
    let norms: Vec<f32> = examples.iter().map(|(vector, _)| norm(vector)).collect();
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let mut random = 0x9e37_79b9_7f4a_7c15u64;
    for _ in 0..PASSES {
        for at in (1..order.len()).rev() {
            random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            order.swap(at, (random >> 33) as usize % (at + 1));
        }
        order.retain(|&at| {
            let (Some(&(vector, has)), Some(&norm)) = (examples.get(at), norms.get(at)) else { return false };
            let Some(alpha) = alphas.get_mut(at) else { return false };
            let side = if has { 1.0 } else { -1.0 };
            let diagonal = 0.5 / cost;
            let slope = side * line.margin(vector) - 1.0 + diagonal * *alpha;
            if *alpha == 0.0 && slope > FAR {
                return false;
            }
            let next = (*alpha - slope / (norm + diagonal)).max(0.0);
            let step = (next - *alpha) * side;
            *alpha = next;
            if step != 0.0 {
                line.bias += step;
                for &(place, value) in vector {
                    if let Some(weight) = line.weights.get_mut(place as usize) {
                        *weight += step * value;
                    }
                }
            }
            true
        });
    }
    line
}
