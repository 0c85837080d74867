//! Every tensor of a whisper model: its ggml name and shape, and which part of which CTranslate2 variable it is.
//!
//! One table serves both ways: the importer follows it, and the inspector holds a finished file against it.

use super::ggml::Dims;

/// What a tensor is stored as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Norms, biases, positions: 32-bit.
    Exact,
    /// A convolution's kernel: 16-bit, never quantised.
    Kernel,
    /// A matrix: in the precision of the file.
    Matrix,
}

/// One tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tensor {
    /// Name in the ggml file.
    pub(crate) name: String,
    /// Rows first.
    pub(crate) shape: Vec<u64>,
    pub(crate) role: Role,
    /// Name in the CTranslate2 file.
    pub(crate) variable: String,
    /// Which of how many equal parts of that variable's rows.
    pub(crate) part: (u64, u64),
}

impl Tensor {
    /// Shape of the whole variable. CTranslate2 keeps the convolutions' biases flat; whisper.cpp wants columns.
    pub(crate) fn variable_shape(&self) -> Vec<u64> {
        let mut shape = self.shape.clone();
        if self.name.contains(".conv") && self.name.ends_with(".bias") {
            shape.pop();
        }
        if let Some(rows) = shape.first_mut() {
            *rows *= self.part.1;
        }
        shape
    }
}

/// A part of a variable that whisper.cpp has no place for; it is lost only if it is zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dropped {
    pub(crate) variable: String,
    pub(crate) part: (u64, u64),
}

/// All tensors in the order they are written, and what must be zero.
pub(crate) fn layout(dims: &Dims) -> (Vec<Tensor>, Vec<Dropped>) {
    let mut plan = Plan::default();
    let audio = u64::from(dims.n_audio_state);
    let text = u64::from(dims.n_text_state);

    plan.whole(
        "encoder.positional_embedding",
        vec![dims.n_audio_ctx.into(), audio],
        Role::Exact,
        "encoder/position_encodings/encodings",
    );
    for (conv, n_in) in [("conv1", dims.n_mels.into()), ("conv2", audio)] {
        let (to, from) = (format!("encoder.{conv}"), format!("encoder/{conv}"));
        plan.whole(&format!("{to}.weight"), vec![audio, n_in, 3], Role::Kernel, &format!("{from}/weight"));
        plan.whole(&format!("{to}.bias"), vec![audio, 1], Role::Exact, &format!("{from}/bias"));
    }
    for layer in 0..dims.n_audio_layer {
        plan.block(&format!("encoder.blocks.{layer}"), &format!("encoder/layer_{layer}"), audio, false);
    }
    plan.norm("encoder.ln_post", "encoder/layer_norm", audio);

    plan.whole(
        "decoder.positional_embedding",
        vec![dims.n_text_ctx.into(), text],
        Role::Exact,
        "decoder/position_encodings/encodings",
    );
    plan.whole(
        "decoder.token_embedding.weight",
        vec![dims.n_vocab.into(), text],
        Role::Matrix,
        "decoder/embeddings/weight",
    );
    for layer in 0..dims.n_text_layer {
        plan.block(&format!("decoder.blocks.{layer}"), &format!("decoder/layer_{layer}"), text, true);
    }
    plan.norm("decoder.ln", "decoder/layer_norm", text);
    (plan.tensors, plan.dropped)
}

#[derive(Default)]
struct Plan {
    tensors: Vec<Tensor>,
    dropped: Vec<Dropped>,
}

impl Plan {
    fn whole(&mut self, name: &str, shape: Vec<u64>, role: Role, variable: &str) {
        self.part(name, shape, role, variable, (0, 1));
    }

    fn part(&mut self, name: &str, shape: Vec<u64>, role: Role, variable: &str, part: (u64, u64)) {
        self.tensors.push(Tensor { name: name.into(), shape, role, variable: variable.into(), part });
    }

    fn norm(&mut self, to: &str, from: &str, state: u64) {
        self.whole(&format!("{to}.weight"), vec![state], Role::Exact, &format!("{from}/gamma"));
        self.whole(&format!("{to}.bias"), vec![state], Role::Exact, &format!("{from}/beta"));
    }

    fn linear(&mut self, to: &str, from: &str, n_out: u64, n_in: u64) {
        self.whole(&format!("{to}.weight"), vec![n_out, n_in], Role::Matrix, &format!("{from}/weight"));
        self.whole(&format!("{to}.bias"), vec![n_out], Role::Exact, &format!("{from}/bias"));
    }

    /// Projections that CTranslate2 has fused into one matrix. A key has no bias in whisper.
    fn fused(&mut self, to: &str, from: &str, names: &[&str], state: u64) {
        let (weight, bias) = (format!("{from}/weight"), format!("{from}/bias"));
        for (i, name) in names.iter().enumerate() {
            let part = (i as u64, names.len() as u64);
            self.part(&format!("{to}.{name}.weight"), vec![state, state], Role::Matrix, &weight, part);
            if *name == "key" {
                self.dropped.push(Dropped { variable: bias.clone(), part });
            } else {
                self.part(&format!("{to}.{name}.bias"), vec![state], Role::Exact, &bias, part);
            }
        }
    }

    fn block(&mut self, to: &str, from: &str, state: u64, decoder: bool) {
        let own = format!("{from}/self_attention");
        self.fused(&format!("{to}.attn"), &format!("{own}/linear_0"), &["query", "key", "value"], state);
        self.linear(&format!("{to}.attn.out"), &format!("{own}/linear_1"), state, state);
        self.norm(&format!("{to}.attn_ln"), &format!("{own}/layer_norm"), state);
        if decoder {
            let cross = format!("{from}/attention");
            self.linear(&format!("{to}.cross_attn.query"), &format!("{cross}/linear_0"), state, state);
            self.fused(&format!("{to}.cross_attn"), &format!("{cross}/linear_1"), &["key", "value"], state);
            self.linear(&format!("{to}.cross_attn.out"), &format!("{cross}/linear_2"), state, state);
            self.norm(&format!("{to}.cross_attn_ln"), &format!("{cross}/layer_norm"), state);
        }
        self.linear(&format!("{to}.mlp.0"), &format!("{from}/ffn/linear_0"), 4 * state, state);
        self.linear(&format!("{to}.mlp.2"), &format!("{from}/ffn/linear_1"), state, 4 * state);
        self.norm(&format!("{to}.mlp_ln"), &format!("{from}/ffn/layer_norm"), state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const BASE: [u32; 10] = [51865, 1500, 512, 8, 6, 448, 512, 8, 6, 80];

    #[test]
    fn base_has_245_tensors_with_72_593_920_weights() {
        let (tensors, dropped) = layout(&Dims::from_array(BASE));
        assert_eq!(tensors.len(), 245);
        assert_eq!(tensors.iter().map(|t| &t.name).collect::<HashSet<_>>().len(), 245);
        // 6 encoder layers and 6 decoder layers with two attentions each.
        assert_eq!(dropped.len(), 18);
        // 74 M as published counts the encoder's fixed positions in.
        let weights: u64 = tensors.iter().map(|t| t.shape.iter().product::<u64>()).sum();
        assert_eq!(weights, 72_593_920);
    }

    /// The published f16 files differ from base in nothing but what the dimensions say, so their sizes follow.
    #[test]
    fn sizes_are_those_of_the_published_files() {
        let size = |numbers: [u32; 10]| {
            let dims = Dims::from_array(numbers);
            let filters = u64::from(dims.n_mels) * 201 * 4;
            let tensors = layout(&dims).0.into_iter().map(|t| {
                let bytes = if t.role == Role::Exact { 4 } else { 2 };
                12 + 4 * t.shape.len() as u64 + t.name.len() as u64 + bytes * t.shape.iter().product::<u64>()
            });
            filters + tensors.sum::<u64>()
        };
        let head = 147_951_465 - size(BASE);
        for (published, numbers) in [
            (77_691_713, [51865, 1500, 384, 6, 4, 448, 384, 6, 4, 80]),
            (487_601_967, [51865, 1500, 768, 12, 12, 448, 768, 12, 12, 80]),
            (1_533_763_059, [51865, 1500, 1024, 16, 24, 448, 1024, 16, 24, 80]),
            (3_095_033_483, [51866, 1500, 1280, 20, 32, 448, 1280, 20, 32, 128]),
            (1_624_555_275, [51866, 1500, 1280, 20, 32, 448, 1280, 20, 4, 128]),
        ] {
            assert_eq!(head + size(numbers), published, "{numbers:?}");
        }
    }

    #[test]
    fn parts_and_columns_name_the_whole_variable() {
        let (tensors, _) = layout(&Dims::from_array(BASE));
        let shape = |name: &str| tensors.iter().find(|t| t.name == name).unwrap().variable_shape();
        assert_eq!(shape("encoder.conv1.bias"), [512]);
        assert_eq!(shape("encoder.conv1.weight"), [512, 80, 3]);
        assert_eq!(shape("decoder.blocks.5.attn.value.weight"), [1536, 512]);
        assert_eq!(shape("decoder.blocks.5.attn.value.bias"), [1536]);
        assert_eq!(shape("decoder.blocks.0.cross_attn.key.weight"), [1024, 512]);
        assert_eq!(shape("decoder.blocks.0.mlp.2.weight"), [512, 2048]);
    }
}
