//! Leads ggml's calls of its attention to this crate's (`src/kernels/attention`), in the tests and examples of this crate. The program has
//! the same script; whatever is linked without it uses ggml's single steps.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |what: &str| std::env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    if target("ARCH") == "x86_64" && target("OS") == "linux" {
        println!("cargo::rustc-link-arg=-Wl,--wrap=ggml_compute_forward_flash_attn_ext");
    }
}
