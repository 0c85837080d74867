//! What whisper.cpp and ggml have to say, into `tracing` instead of onto the terminal.

use std::ffi::{CStr, c_char, c_void};
use std::sync::Once;

use whisper_rs_sys as sys;

/// Part of a line whisper.cpp logs as an error whenever it is stopped after the spectrogram, as this crate always does.
const EXPECTED: &str = "encoder_begin_callback returned false";

/// Redirects the logs, once for the process.
pub(super) fn to_tracing() {
    static ONCE: Once = Once::new();
    // SAFETY: the callback is a plain function that lives for ever, uses no user data and does not unwind.
    ONCE.call_once(|| unsafe {
        whisper_rs::set_log_callback(Some(forward), std::ptr::null_mut());
        sys::ggml_log_set(Some(forward), std::ptr::null_mut());
    });
}

unsafe extern "C" fn forward(level: sys::ggml_log_level, text: *const c_char, _: *mut c_void) {
    if text.is_null() {
        return;
    }
    if level != sys::ggml_log_level_GGML_LOG_LEVEL_ERROR && level != sys::ggml_log_level_GGML_LOG_LEVEL_WARN {
        return;
    }
    // SAFETY: whisper.cpp and ggml hand over a NUL-terminated string that lives for the call.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    let text = text.trim();
    if text.contains(EXPECTED) {
        return;
    }
    if level == sys::ggml_log_level_GGML_LOG_LEVEL_ERROR {
        tracing::error!(target: "whisper", "{text}");
    } else {
        tracing::warn!(target: "whisper", "{text}");
    }
}
