//! Writes CTranslate2 whisper folders with made-up weights. The names are listed here once more, on purpose: they come
//! from a real file, not from the table under test.

use std::path::Path;

use half::f16;

use crate::model::vocabulary;

/// One variable to write.
#[derive(Clone)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) shape: Vec<u32>,
    pub(super) dtype: u8,
    pub(super) data: Vec<u8>,
}

/// A made-up model.
#[derive(Clone)]
pub(super) struct Sample {
    pub(super) version: u32,
    pub(super) spec: String,
    pub(super) revision: u32,
    pub(super) variables: Vec<Variable>,
    pub(super) aliases: Vec<(String, String)>,
    pub(super) n_vocab: usize,
}

pub(super) const I8: u8 = 1;
pub(super) const F32: u8 = 0;
pub(super) const F16: u8 = 4;

/// Weight number `i` of a variable: some multiple of 1/64 below 2, exact in 16 bits.
pub(super) fn weight(variable: &str, i: usize) -> f32 {
    let seed = variable.bytes().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    let mixed = (seed ^ (i as u32).wrapping_mul(0x9e37_79b9)).wrapping_mul(0x85eb_ca6b) >> 24;
    (mixed as f32 - 128.0) / 64.0
}

impl Sample {
    pub(super) fn new(state: u32, layers: (u32, u32), n_mels: u32, n_vocab: usize) -> Sample {
        let mut sample = Sample {
            version: 6,
            spec: "WhisperSpec".into(),
            revision: 3,
            variables: Vec::new(),
            aliases: vec![("decoder/projection/weight".into(), "decoder/embeddings/weight".into())],
            n_vocab,
        };
        let s = state;
        sample.floats("decoder/embeddings/weight", &[n_vocab as u32, s]);
        sample.floats("decoder/position_encodings/encodings", &[12, s]);
        sample.floats("encoder/position_encodings/encodings", &[20, s]);
        sample.floats("encoder/conv1/weight", &[s, n_mels, 3]);
        sample.floats("encoder/conv1/bias", &[s]);
        sample.floats("encoder/conv2/weight", &[s, s, 3]);
        sample.floats("encoder/conv2/bias", &[s]);
        for (side, count) in [("encoder", layers.0), ("decoder", layers.1)] {
            sample.norm(&format!("{side}/layer_norm"), s);
            for i in 0..count {
                let layer = format!("{side}/layer_{i}");
                sample.linear(&format!("{layer}/self_attention/linear_0"), 3 * s, s, Some((s, 2 * s)));
                sample.linear(&format!("{layer}/self_attention/linear_1"), s, s, None);
                sample.norm(&format!("{layer}/self_attention/layer_norm"), s);
                if side == "decoder" {
                    sample.linear(&format!("{layer}/attention/linear_0"), s, s, None);
                    sample.linear(&format!("{layer}/attention/linear_1"), 2 * s, s, Some((0, s)));
                    sample.linear(&format!("{layer}/attention/linear_2"), s, s, None);
                    sample.norm(&format!("{layer}/attention/layer_norm"), s);
                }
                sample.linear(&format!("{layer}/ffn/linear_0"), 4 * s, s, None);
                sample.linear(&format!("{layer}/ffn/linear_1"), s, 4 * s, None);
                sample.norm(&format!("{layer}/ffn/layer_norm"), s);
            }
            sample.put(&format!("{side}/num_heads"), &[], 2, vec![2, 0]);
        }
        for (name, value) in
            [("activation", 3), ("alibi", 0), ("pre_norm", 1), ("scale_embeddings", 0), ("new_switch", 0)]
        {
            sample.put(&format!("decoder/{name}"), &[], I8, vec![value]);
        }
        sample
    }

    /// Small enough to make thousands of.
    pub(super) fn tiny() -> Sample {
        Sample::new(8, (1, 1), 80, 51864)
    }

    pub(super) fn put(&mut self, name: &str, shape: &[u32], dtype: u8, data: Vec<u8>) {
        self.variables.push(Variable { name: name.into(), shape: shape.to_vec(), dtype, data });
    }

    pub(super) fn get(&mut self, name: &str) -> &mut Variable {
        self.variables.iter_mut().find(|v| v.name == name).unwrap()
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.variables.retain(|v| v.name != name);
    }

    /// Stores every 16-bit float as 32 bits.
    pub(super) fn widen(mut self) -> Sample {
        for variable in self.variables.iter_mut().filter(|v| v.dtype == F16) {
            let halves = variable.data.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]));
            variable.data = halves.flat_map(|h| h.to_f32().to_le_bytes()).collect();
            variable.dtype = F32;
        }
        self
    }

    /// The whole `model.bin`.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = self.version.to_le_bytes().to_vec();
        text(&mut out, &self.spec);
        out.extend(self.revision.to_le_bytes());
        out.extend((self.variables.len() as u32).to_le_bytes());
        for v in &self.variables {
            text(&mut out, &v.name);
            out.push(v.shape.len() as u8);
            out.extend(v.shape.iter().flat_map(|d| d.to_le_bytes()));
            out.push(v.dtype);
            out.extend((v.data.len() as u32).to_le_bytes());
            out.extend(&v.data);
        }
        out.extend((self.aliases.len() as u32).to_le_bytes());
        for (alias, name) in &self.aliases {
            text(&mut out, alias);
            text(&mut out, name);
        }
        out
    }

    /// The vocabulary, one token a line.
    pub(super) fn vocabulary(&self) -> String {
        vocabulary::sample(self.n_vocab).join("\n") + "\n"
    }

    /// Writes the folder.
    pub(super) fn write(&self, folder: &Path) {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join("model.bin"), self.bytes()).unwrap();
        std::fs::write(folder.join("vocabulary.txt"), self.vocabulary()).unwrap();
    }

    fn floats(&mut self, name: &str, shape: &[u32]) {
        let n: u32 = shape.iter().product();
        let data = (0..n as usize).flat_map(|i| f16::from_f32(weight(name, i)).to_le_bytes()).collect();
        self.put(name, shape, F16, data);
    }

    /// `zero` is the part of the bias that belongs to keys.
    fn linear(&mut self, name: &str, n_out: u32, n_in: u32, zero: Option<(u32, u32)>) {
        self.floats(&format!("{name}/weight"), &[n_out, n_in]);
        let bias = format!("{name}/bias");
        self.floats(&bias, &[n_out]);
        if let Some((from, to)) = zero {
            self.get(&bias).data[2 * from as usize..2 * to as usize].fill(0);
        }
    }

    fn norm(&mut self, name: &str, state: u32) {
        self.floats(&format!("{name}/gamma"), &[state]);
        self.floats(&format!("{name}/beta"), &[state]);
    }
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u16 + 1).to_le_bytes());
    out.extend(text.as_bytes());
    out.push(0);
}
