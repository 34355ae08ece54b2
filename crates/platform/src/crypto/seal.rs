//! One value sealed: format byte, 12-byte nonce, ciphertext, 16-byte tag.

use aes_gcm_siv::aead::{AeadInOut, KeyInit};
use aes_gcm_siv::{Aes256GcmSiv, Nonce, Tag};
use zeroize::Zeroizing;

use super::{Aad, Error, Key, random_bytes};

const FORMAT: u8 = 1;
pub(super) const NONCE_LEN: usize = 12;
pub(super) const TAG_LEN: usize = 16;

/// Bytes that sealing adds to a plaintext.
pub const OVERHEAD: usize = 1 + NONCE_LEN + TAG_LEN;

/// Seals `plaintext` with AES-256-GCM-SIV (RFC 8452) under a random nonce.
///
/// The result is [`OVERHEAD`] bytes longer and opens only with the same key and place. Should a nonce ever repeat,
/// this cipher reveals no more than that two plaintexts were equal.
pub fn seal(key: &Key, aad: &Aad, plaintext: &[u8]) -> Result<Vec<u8>, Error> {
    seal_with(key, random_bytes()?, aad, plaintext)
}

/// Opens what [`seal`] made; the plaintext is wiped on drop.
pub fn open(key: &Key, aad: &Aad, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let (&format, rest) = sealed.split_first().ok_or(Error::Short)?;
    if format != FORMAT {
        return Err(Error::UnknownFormat(format));
    }
    let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(Error::Short)?;
    let (ciphertext, tag) = body.split_last_chunk::<TAG_LEN>().ok_or(Error::Short)?;
    let mut plaintext = Zeroizing::new(ciphertext.to_vec());
    decrypt(
        &cipher(key),
        nonce,
        &aad.encode(FORMAT),
        &mut plaintext,
        tag,
    )?;
    Ok(plaintext)
}

pub(super) fn seal_with(
    key: &Key,
    nonce: [u8; NONCE_LEN],
    aad: &Aad,
    plaintext: &[u8],
) -> Result<Vec<u8>, Error> {
    let mut sealed = Vec::with_capacity(OVERHEAD + plaintext.len());
    sealed.push(FORMAT);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plaintext);
    let tag = encrypt(
        &cipher(key),
        &nonce,
        &aad.encode(FORMAT),
        &mut sealed[1 + NONCE_LEN..],
    )?;
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

pub(super) fn cipher(key: &Key) -> Aes256GcmSiv {
    Aes256GcmSiv::new(key.expose().into())
}

/// Encrypts in place and gives the tag.
pub(super) fn encrypt(
    cipher: &Aes256GcmSiv,
    nonce: &[u8; NONCE_LEN],
    aad: &[u8],
    text: &mut [u8],
) -> Result<Tag, Error> {
    cipher
        .encrypt_inout_detached(<&Nonce>::from(nonce), aad, text.into())
        .map_err(|_| Error::TooLong)
}

/// Decrypts in place; on an error the text is not to be used.
pub(super) fn decrypt(
    cipher: &Aes256GcmSiv,
    nonce: &[u8; NONCE_LEN],
    aad: &[u8],
    text: &mut [u8],
    tag: &[u8; TAG_LEN],
) -> Result<(), Error> {
    cipher
        .decrypt_inout_detached(<&Nonce>::from(nonce), aad, text.into(), <&Tag>::from(tag))
        .map_err(|_| Error::NotAuthentic)
}
