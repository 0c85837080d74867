//! CTranslate2 folders in, ggml files out.

use std::path::Path;

use half::f16;
use proptest::prelude::*;
use whisper_rs::{WhisperContext, WhisperContextParameters};

use super::sample::{F16, I8, Sample, weight};
use crate::model::{Contents, Imported, Inspection, ModelError, Precision, TensorInfo, import, inspect};

fn convert(sample: &Sample, folder: &Path, precision: Precision) -> Result<Imported, ModelError> {
    sample.write(&folder.join("ct2"));
    import(&folder.join("ct2"), &folder.join("out.bin"), precision, None, &mut |_| ())
}

struct Output {
    bytes: Vec<u8>,
    inspection: Inspection,
}

impl Output {
    fn of(imported: &Imported) -> Output {
        Output { bytes: std::fs::read(&imported.path).unwrap(), inspection: inspect(&imported.path).unwrap() }
    }

    fn tensor(&self, name: &str) -> (&TensorInfo, &[u8]) {
        let info = self.inspection.tensors.iter().find(|t| t.name == name).unwrap();
        (info, &self.bytes[info.offset as usize..][..info.bytes as usize])
    }

    fn numbers(&self, name: &str) -> Vec<f32> {
        let (info, data) = self.tensor(name);
        match info.numbers {
            "f32" => data.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect(),
            "f16" => data.chunks_exact(2).map(|b| f16::from_le_bytes(b.try_into().unwrap()).to_f32()).collect(),
            "q8_0" => data
                .chunks_exact(34)
                .flat_map(|b| {
                    let scale = f16::from_le_bytes([b[0], b[1]]).to_f32();
                    b[2..].iter().map(move |&q| scale * f32::from(q as i8)).collect::<Vec<_>>()
                })
                .collect(),
            other => panic!("{other}"),
        }
    }
}

/// ggml tensor, CTranslate2 variable, first weight of the variable that belongs to it; for a width of `s`.
fn mapping(s: usize) -> Vec<(&'static str, &'static str, usize)> {
    vec![
        ("encoder.positional_embedding", "encoder/position_encodings/encodings", 0),
        ("encoder.conv1.weight", "encoder/conv1/weight", 0),
        ("encoder.conv2.bias", "encoder/conv2/bias", 0),
        ("encoder.ln_post.weight", "encoder/layer_norm/gamma", 0),
        ("encoder.blocks.1.attn.key.weight", "encoder/layer_1/self_attention/linear_0/weight", s * s),
        ("encoder.blocks.1.mlp.2.weight", "encoder/layer_1/ffn/linear_1/weight", 0),
        ("encoder.blocks.0.mlp_ln.bias", "encoder/layer_0/ffn/layer_norm/beta", 0),
        ("decoder.positional_embedding", "decoder/position_encodings/encodings", 0),
        ("decoder.token_embedding.weight", "decoder/embeddings/weight", 0),
        ("decoder.ln.bias", "decoder/layer_norm/beta", 0),
        ("decoder.blocks.2.attn.query.bias", "decoder/layer_2/self_attention/linear_0/bias", 0),
        ("decoder.blocks.2.attn.value.weight", "decoder/layer_2/self_attention/linear_0/weight", 2 * s * s),
        ("decoder.blocks.2.attn.value.bias", "decoder/layer_2/self_attention/linear_0/bias", 2 * s),
        ("decoder.blocks.2.attn.out.weight", "decoder/layer_2/self_attention/linear_1/weight", 0),
        ("decoder.blocks.0.cross_attn.query.weight", "decoder/layer_0/attention/linear_0/weight", 0),
        ("decoder.blocks.0.cross_attn.key.weight", "decoder/layer_0/attention/linear_1/weight", 0),
        ("decoder.blocks.0.cross_attn.value.weight", "decoder/layer_0/attention/linear_1/weight", s * s),
        ("decoder.blocks.0.cross_attn.value.bias", "decoder/layer_0/attention/linear_1/bias", s),
        ("decoder.blocks.0.cross_attn.out.bias", "decoder/layer_0/attention/linear_2/bias", 0),
        ("decoder.blocks.0.cross_attn_ln.weight", "decoder/layer_0/attention/layer_norm/gamma", 0),
    ]
}

#[test]
fn every_weight_arrives_where_it_belongs() {
    let folder = tempfile::tempdir().unwrap();
    let sample = Sample::new(32, (2, 3), 80, 51865);
    for precision in [Precision::F16, Precision::Q8_0] {
        let imported = convert(&sample, folder.path(), precision).unwrap();
        let output = Output::of(&imported);
        assert_eq!(imported.tensors, 11 + 2 * 15 + 3 * 24);
        assert_eq!(output.inspection.tensors.len(), imported.tensors);
        assert_eq!(imported.bytes, output.bytes.len() as u64);
        for (tensor, variable, first) in mapping(32) {
            let (info, _) = output.tensor(tensor);
            // Only matrices may be quantised, and a step is at most 2/127.
            let matrix = tensor.ends_with(".weight") && !tensor.contains("conv") && !tensor.contains("ln");
            let tolerance = if matrix && precision == Precision::Q8_0 {
                assert_eq!(info.numbers, "q8_0", "{tensor}");
                0.51 * 2.0 / 127.0 + 2.0 / 2048.0
            } else {
                assert_eq!(info.numbers == "f16", matrix || tensor.ends_with("conv1.weight"), "{tensor}");
                0.0
            };
            let numbers = output.numbers(tensor);
            assert!(!numbers.is_empty());
            for (i, &number) in numbers.iter().enumerate() {
                let expected = weight(variable, first + i);
                assert!((number - expected).abs() <= tolerance, "{tensor}[{i}] is {number}, expected {expected}");
            }
        }
    }
}

#[test]
fn f32_folders_give_the_same_file_as_f16_folders() {
    let folder = tempfile::tempdir().unwrap();
    for precision in [Precision::F16, Precision::Q8_0] {
        let narrow = convert(&Sample::new(32, (1, 1), 80, 51865), folder.path(), precision).unwrap();
        let wide = convert(&Sample::new(32, (1, 1), 80, 51865).widen(), folder.path(), precision).unwrap();
        assert_eq!(narrow.sha256, wide.sha256, "{precision}");
    }
}

/// whisper.cpp itself takes what we write: English-only, multilingual, large-v3's vocabulary and 128 mels.
#[test]
fn whisper_cpp_loads_it() {
    whisper_rs::install_logging_hooks();
    let folder = tempfile::tempdir().unwrap();
    for (n_mels, n_vocab) in [(80, 51864), (80, 51865), (128, 51866)] {
        for precision in [Precision::F16, Precision::Q8_0] {
            let imported = convert(&Sample::new(64, (4, 4), n_mels, n_vocab), folder.path(), precision).unwrap();
            let context = WhisperContext::new_with_params(&imported.path, WhisperContextParameters::default())
                .unwrap_or_else(|e| panic!("{n_mels} mels, {n_vocab} tokens, {precision}: {e}"));
            assert_eq!(context.n_vocab(), n_vocab as i32);
            assert_eq!(context.model_n_mels(), n_mels as i32);
            assert_eq!(context.is_multilingual(), n_vocab > 51864);
            let Contents::Whisper { dims, precision: found, multilingual, .. } =
                inspect(&imported.path).unwrap().contents
            else {
                panic!("not whisper")
            };
            assert_eq!((dims, found, multilingual), (imported.dims, precision.to_string().as_str(), n_vocab > 51864));
        }
    }
}

/// Each change makes the folder unusable, for the reason given, and leaves nothing behind.
#[test]
fn foreign_and_broken_folders_are_refused_with_their_reason() {
    type Change = fn(&mut Sample);
    let cases: [(&str, Change, &str); 22] = [
        ("version", |s| s.version = 3, "a version from 4 to 6"),
        ("not a model at all", |s| s.version = 0x4655_4747, "a version from 4 to 6"),
        ("another kind", |s| s.spec = "TransformerSpec".into(), "`TransformerSpec`"),
        ("revision", |s| s.revision = 2, "revision 2"),
        ("missing tensor", |s| s.remove("decoder/layer_0/attention/linear_2/bias"), "is missing"),
        ("missing head", |s| s.remove("encoder/conv1/weight"), "is missing"),
        ("unknown tensor", |s| s.put("decoder/adapter/weight", &[1], F16, vec![0, 0]), "not part of a whisper model"),
        (
            "second layer incomplete",
            |s| s.put("encoder/layer_1/ffn/linear_0/bias", &[1], F16, vec![0, 0]),
            "is missing",
        ),
        ("twice", |s| s.put("encoder/conv1/bias", &[1], F16, vec![0, 0]), "twice"),
        ("shape", |s| s.get("decoder/layer_norm/gamma").shape = vec![2, 4], "expected [8]"),
        ("shape against length", |s| s.get("decoder/layer_norm/gamma").shape = vec![9], "does not fit its shape"),
        ("overflow", |s| s.get("encoder/conv1/bias").shape = vec![u32::MAX; 5], "does not fit its shape"),
        ("number type", |s| s.get("decoder/layer_norm/gamma").dtype = 9, "unknown data type 9"),
        ("quantised", |s| s.get("decoder/layer_norm/gamma").dtype = I8, "does not fit its shape"),
        (
            "quantised weights",
            |s| {
                let v = s.get("encoder/layer_0/ffn/linear_0/weight");
                (v.dtype, v.data) = (I8, vec![1; 32 * 8]);
            },
            "import the float16 or float32 folder",
        ),
        ("key bias", |s| s.get("encoder/layer_0/self_attention/linear_0/bias").data[17] = 0x3c, "bias for the keys"),
        ("cross key bias", |s| s.get("decoder/layer_0/attention/linear_1/bias").data[1] = 0x3c, "bias for the keys"),
        ("infinity", |s| s.get("decoder/embeddings/weight").data[..2].copy_from_slice(&[0, 0x7c]), "infinity"),
        ("activation", |s| s.get("decoder/activation").data = vec![0], "must be GELU"),
        ("heads", |s| s.get("encoder/num_heads").data = vec![3, 0], "does not divide"),
        (
            "own projection",
            |s| s.put("decoder/projection/weight", &[1], F16, vec![0, 0]),
            "not shared with the embeddings",
        ),
        ("no projection", |s| s.aliases.clear(), "must be an alias"),
    ];
    for (case, change, reason) in cases {
        let folder = tempfile::tempdir().unwrap();
        let mut sample = Sample::tiny();
        change(&mut sample);
        let error = convert(&sample, folder.path(), Precision::F16).expect_err(case).to_string();
        assert!(error.contains(reason), "{case}: {error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "{case} left something behind");
    }
    let folder = tempfile::tempdir().unwrap();
    convert(&Sample::tiny(), folder.path(), Precision::F16).unwrap();
    let error = convert(&Sample::tiny(), folder.path(), Precision::Q8_0).unwrap_err().to_string();
    assert!(error.contains("blocks of 32"), "{error}");
}

#[test]
fn a_wrong_path_gets_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ggml.bin");
    std::fs::write(&file, b"x").unwrap();
    let hugging = folder.path().join("hf");
    std::fs::create_dir(&hugging).unwrap();
    std::fs::write(hugging.join("model.safetensors"), b"x").unwrap();
    for (path, hint) in
        [(file.as_path(), "use its path"), (&hugging, "ct2-transformers-converter"), (folder.path(), "no model.bin")]
    {
        let error =
            import(path, &folder.path().join("o.bin"), Precision::F16, None, &mut |_| ()).unwrap_err().to_string();
        assert!(error.contains(hint), "{error}");
    }
}

#[test]
fn a_result_with_another_digest_is_not_put_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("ct2");
    Sample::tiny().write(&source);
    let output = folder.path().join("out.bin");
    std::fs::write(&output, b"the old one").unwrap();
    let error = import(&source, &output, Precision::F16, Some(&"0".repeat(64)), &mut |_| ()).unwrap_err();
    assert!(matches!(error, ModelError::Digest { .. }), "{error}");
    assert_eq!(std::fs::read(&output).unwrap(), b"the old one");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// However short a folder's model is, the answer is an error, never a panic and never a file.
    #[test]
    fn a_truncated_folder_is_an_error(cut in any::<prop::sample::Index>(), near_end in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        let sample = Sample::tiny();
        sample.write(folder.path());
        let whole = sample.bytes();
        let cut = if near_end { whole.len() - 1 - cut.index(3000) } else { cut.index(whole.len()) };
        std::fs::write(folder.path().join("model.bin"), &whole[..cut]).unwrap();
        let output = folder.path().join("out.bin");
        let error = import(folder.path(), &output, Precision::F16, None, &mut |_| ()).unwrap_err();
        prop_assert!(matches!(error, ModelError::Truncated { .. }), "{}", error);
        prop_assert!(!output.exists());
    }

    /// A changed byte is either harmless (a weight) or an error, never a panic.
    #[test]
    fn a_damaged_folder_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>(), head in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        let sample = Sample::tiny();
        sample.write(folder.path());
        let mut bytes = sample.bytes();
        // Half of the changes beyond the large embeddings, where the names and shapes are.
        let from = if head { 51864 * 16 } else { 0 };
        let at = from + at.index(bytes.len() - from);
        bytes[at] = byte;
        std::fs::write(folder.path().join("model.bin"), bytes).unwrap();
        let _ = import(folder.path(), &folder.path().join("out.bin"), Precision::F16, None, &mut |_| ());
    }
}

#[test]
fn any_truncated_or_damaged_ggml_file_is_an_error_or_whole() {
    let folder = tempfile::tempdir().unwrap();
    let imported = convert(&Sample::tiny(), folder.path(), Precision::F16).unwrap();
    let whole = std::fs::read(&imported.path).unwrap();
    let table: Vec<u64> = inspect(&imported.path).unwrap().tensors.iter().map(|t| t.offset).collect();
    let path = folder.path().join("cut.bin");
    let mut cuts: Vec<usize> = (0..90).chain([whole.len() - 1, whole.len() / 2]).collect();
    cuts.extend(table.iter().flat_map(|&offset| [offset as usize - 1, offset as usize, offset as usize + 1]));
    for cut in cuts {
        std::fs::write(&path, &whole[..cut]).unwrap();
        assert!(inspect(&path).is_err(), "cut at {cut}");
    }
    // Every byte of the head up to the filters, and one in each tensor's head.
    for at in (0..56).chain(table.iter().map(|&offset| offset as usize - 9)) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        std::fs::write(&path, damaged).unwrap();
        // 44 to 47 is `ftype`, whose version digits may be anything.
        assert!(inspect(&path).is_err() || (44..48).contains(&at), "byte {at} changed");
    }
}
