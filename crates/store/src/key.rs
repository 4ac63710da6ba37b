//! The master key, and the sealing of secrets with it.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use chacha20poly1305::{
    AeadCore, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, OsRng, Payload},
};
use secrecy::{ExposeSecret, SecretBox, zeroize::Zeroizing};

use crate::{
    Result, StoreError,
    database::{Connection, params},
};

/// The key that secrets are sealed with at rest. It cannot be printed, and is wiped when dropped.
pub struct MasterKey(SecretBox<[u8; 32]>);

/// A master key that is not 32 bytes in base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the master key must be 32 bytes in base64")]
pub struct BadMasterKey;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// XChaCha20's nonce: long enough that random ones do not meet.
const NONCE_BYTES: usize = 24;

impl MasterKey {
    /// Reads 32 bytes in standard base64, with or without padding; surrounding space is ignored.
    pub fn from_base64(text: &str) -> Result<Self, BadMasterKey> {
        let bytes = Zeroizing::new(BASE64.decode(text.trim()).map_err(|_| BadMasterKey)?);
        let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| BadMasterKey)?;
        Ok(Self::from_bytes(bytes))
    }

    /// Takes the bytes as they are.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let bytes = Zeroizing::new(bytes);
        Self(SecretBox::init_with_mut(|key: &mut [u8; 32]| key.copy_from_slice(bytes.as_slice())))
    }

    /// Seals a text for one place (e.g. `connections/1/hubspot`): elsewhere it cannot be unsealed.
    pub(crate) fn seal(&self, place: &str, text: &str) -> Result<Vec<u8>> {
        let nonce = XChaCha20Poly1305::generate_nonce(&mut OsRng);
        let payload = Payload { msg: text.as_bytes(), aad: place.as_bytes() };
        let sealed = self.cipher().encrypt(&nonce, payload).map_err(|_| StoreError::Sealed)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Unseals what was sealed for the same place.
    pub(crate) fn unseal(&self, place: &str, sealed: &[u8]) -> Result<String> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES).ok_or(StoreError::Sealed)?;
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        let text =
            self.cipher().decrypt(XNonce::from_slice(nonce), payload).map_err(|_| StoreError::Sealed)?;
        String::from_utf8(text).map_err(|_| StoreError::Sealed)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.0.expose_secret().into())
    }
}

const CHECK_PLACE: &str = "installation/master_key_check";
const CHECK_TEXT: &str = "patchbay";

/// Refuses a key other than the one that the database was first opened with.
pub(crate) fn check(connection: &Connection, key: &MasterKey) -> Result<()> {
    let sql = "SELECT value FROM installation WHERE name = 'master_key_check'";
    let sealed: Option<Vec<u8>> = connection.first(sql, &[], |row| row.get(0))?;
    if let Some(sealed) = sealed {
        return key.unseal(CHECK_PLACE, &sealed).map(|_| ());
    }
    let sealed = key.seal(CHECK_PLACE, CHECK_TEXT)?;
    let sql = "INSERT INTO installation (name, value) VALUES ('master_key_check', $1) ON CONFLICT DO NOTHING";
    match connection.run(sql, params![sealed])? {
        // Another node was first.
        0 => check(connection, key),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> MasterKey {
        MasterKey::from_bytes([byte; 32])
    }

    #[test]
    fn what_is_sealed_is_unsealed_in_the_same_place() {
        let sealed = key(1).seal("connections/1/hubspot", "pat-secret").unwrap();
        assert_eq!(key(1).unseal("connections/1/hubspot", &sealed).unwrap(), "pat-secret");
    }

    #[test]
    fn a_sealed_value_moved_to_another_row_stays_sealed() {
        let sealed = key(1).seal("connections/1/hubspot", "pat-secret").unwrap();
        assert!(matches!(key(1).unseal("connections/2/hubspot", &sealed), Err(StoreError::Sealed)));
    }

    #[test]
    fn another_key_does_not_unseal() {
        let sealed = key(1).seal("a", "pat-secret").unwrap();
        assert!(matches!(key(2).unseal("a", &sealed), Err(StoreError::Sealed)));
        assert!(matches!(key(1).unseal("a", &sealed[..10]), Err(StoreError::Sealed)));
    }

    #[test]
    fn one_text_is_sealed_differently_each_time() {
        assert_ne!(key(1).seal("a", "x").unwrap(), key(1).seal("a", "x").unwrap());
    }

    #[test]
    fn a_master_key_is_32_bytes_in_base64() {
        let text = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        assert!(MasterKey::from_base64(text).is_ok());
        assert!(MasterKey::from_base64(&format!(" {}\n", text.trim_end_matches('='))).is_ok());
        assert!(MasterKey::from_base64("AAEC").is_err());
        assert!(MasterKey::from_base64("not base64").is_err());
    }
}
