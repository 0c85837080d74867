//! Signatures of webhooks.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Header with the time of sending, seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "X-Hotline-Timestamp";

/// Header with the signature, `sha256=` and hexadecimal digits.
pub const SIGNATURE_HEADER: &str = "X-Hotline-Signature";

/// HMAC-SHA256 (RFC 2104, FIPS 180-4) with `secret` over the time, a full stop and the body, as the header has it. The time is
/// signed too, so that a receiver can refuse what is old and nobody can send it again later.
pub fn sign(secret: &[u8], timestamp: i64, body: &[u8]) -> String {
    let digest: String =
        mac(secret, timestamp, body).finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect();
    format!("sha256={digest}")
}

/// Whether `signature` is that of `body` sent at `timestamp`; takes as long for any wrong one.
pub fn verify(secret: &[u8], timestamp: i64, body: &[u8], signature: &str) -> bool {
    let Some(hex) = signature.strip_prefix("sha256=") else { return false };
    let bytes: Option<Vec<u8>> = (0..hex.len())
        .step_by(2)
        .map(|at| hex.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect();
    bytes.is_some_and(|bytes| mac(secret, timestamp, body).verify_slice(&bytes).is_ok())
}

fn mac(secret: &[u8], timestamp: i64, body: &[u8]) -> Hmac<Sha256> {
    // HMAC takes keys of any length; the error exists for other constructions.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap_or_else(|_| unreachable!("HMAC takes any key"));
    mac.update(timestamp.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_openssl() {
        // printf '1760000000.{"a":1}' | openssl dgst -sha256 -hmac secret
        let expected = include_str!("../../tests/signature.txt").trim();
        assert_eq!(sign(b"secret", 1_760_000_000, b"{\"a\":1}"), format!("sha256={expected}"));
    }

    #[test]
    fn only_the_right_signature_passes() {
        let signature = sign(b"secret", 5, b"body");
        assert!(verify(b"secret", 5, b"body", &signature));
        assert!(!verify(b"other", 5, b"body", &signature));
        assert!(!verify(b"secret", 6, b"body", &signature));
        assert!(!verify(b"secret", 5, b"bodY", &signature));
        for wrong in ["", "sha256=", "sha256=zz", &signature[7..], &signature[..30]] {
            assert!(!verify(b"secret", 5, b"body", wrong), "{wrong}");
        }
    }
}
