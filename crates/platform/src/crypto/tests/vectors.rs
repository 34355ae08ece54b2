//! Known answers: from the RFCs, and from an independent implementation (Python `cryptography` 50.0 over OpenSSL).

use hmac::Mac as _;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::super::key::{hkdf, mac};
use super::super::seal::{cipher, decrypt, encrypt, seal_with};
use super::*;

fn bytes(hex: &str) -> Vec<u8> {
    hex::decode(hex).unwrap()
}

/// RFC 8452, appendix C.2: key, nonce, associated data, plaintext, ciphertext with tag.
const AES_256_GCM_SIV: &[[&str; 5]] = &[
    [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "030000000000000000000000",
        "",
        "",
        "07f5f4169bbf55a8400cd47ea6fd400f",
    ],
    [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "030000000000000000000000",
        "01",
        "020000000000000000000000",
        "163d6f9cc1b346cd453a2e4cc1a4a19ae800941ccdc57cc8413c277f",
    ],
    [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "030000000000000000000000",
        "010000000000000000000000000000000200",
        "0300000000000000000000000000000004000000",
        "43dd0163cdb48f9fe3212bf61b201976067f342bb879ad976d8242acc188ab59cabfe307",
    ],
    [
        "6545fc880c94a95198874296d5cc1fd161320b6920ce07787f86743b275d1ab3",
        "2f6d1f0434d8848c1177441f",
        "6787f3ea22c127aaf195",
        "195495860f04",
        "a254dad4f3f96b62b84dc40c84636a5ec12020ec8c2c",
    ],
    [
        "3c535de192eaed3822a2fbbe2ca9dfc88255e14a661b8aa82cc54236093bbc23",
        "688089e55540db1872504e1c",
        "734320ccc9d9bbbb19cb81b2af4ecbc3e72834321f7aa0f70b7282b4f33df23f167541",
        "ced532ce4159b035277d4dfbb7db62968b13cd4eec",
        "626660c26ea6612fb17ad91e8e767639edd6c9faee9d6c7029675b89eaf4ba1ded1a286594",
    ],
];

#[test]
fn the_cipher_answers_as_rfc_8452_says() {
    for [key, nonce, aad, text, expected] in AES_256_GCM_SIV {
        let cipher = cipher(&Key::from_slice(&bytes(key)).unwrap());
        let nonce = bytes(nonce).try_into().unwrap();
        let mut sealed = bytes(text);
        let tag = encrypt(&cipher, &nonce, &bytes(aad), &mut sealed).unwrap();
        assert_eq!([&sealed[..], &tag].concat(), bytes(expected));
        let tag = tag.as_slice().try_into().unwrap();
        decrypt(&cipher, &nonce, &bytes(aad), &mut sealed, &tag).unwrap();
        assert_eq!(sealed, bytes(text));
    }
}

#[test]
fn key_derivation_answers_as_rfc_5869_says() {
    let mut salt = [0; 32];
    salt[..13].copy_from_slice(&bytes("000102030405060708090a0b0c"));
    let first = hkdf(&salt, &[0x0b; 22], &[&bytes("f0f1f2f3f4f5f6f7f8f9")]);
    assert_eq!(
        first.expose()[..],
        bytes("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf")
    );
    let third = hkdf(&[0; 32], &[0x0b; 22], &[]);
    assert_eq!(
        third.expose()[..],
        bytes("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d")
    );
}

#[test]
fn the_keyed_hash_answers_as_rfc_4231_says() {
    let cases: [(&[u8], &[u8], &str); 4] = [
        (
            &[0x0b; 20],
            b"Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        ),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            &[0xaa; 20],
            &[0xdd; 50],
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
        ),
        (
            &bytes("0102030405060708090a0b0c0d0e0f10111213141516171819"),
            &[0xcd; 50],
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
        ),
    ];
    for (key, data, expected) in cases {
        let mut padded = [0; 32];
        padded[..key.len()].copy_from_slice(key);
        assert_eq!(
            mac(&padded).chain_update(data).finalize().into_bytes()[..],
            bytes(expected)
        );
    }
}

#[test]
fn a_cell_sealed_by_another_implementation_opens() {
    let sealed =
        bytes("01000102030405060708090a0b8fd751b29fda15cdbb51274c7f4495d3902ee73985ac0373ff17c9");
    assert_eq!(
        *open(&key(), &body(), &sealed).unwrap(),
        "Hei på deg".as_bytes()
    );
    let nonce = std::array::from_fn(|i| u8::try_from(i).unwrap());
    assert_eq!(
        seal_with(&key(), nonce, &body(), "Hei på deg".as_bytes()).unwrap(),
        sealed
    );
}

#[test]
fn a_stream_is_sealed_as_by_another_implementation() {
    let head = [&b"ATS1\0\0\0\x07"[..], &(0..32).collect::<Vec<u8>>()].concat();
    let header = StreamHeader::parse(&head).unwrap();
    let text: Vec<u8> = (0..CHUNK_LEN + 5)
        .map(|i| u8::try_from(i % 251).unwrap())
        .collect();
    let mut sealer = ChunkSealer::new(&header, &key(), &Aad::spool(COMPANY, ROW));
    let (mut first, mut second) = (text[..CHUNK_LEN].to_vec(), text[CHUNK_LEN..].to_vec());
    sealer.seal(&mut first, false).unwrap();
    sealer.seal(&mut second, true).unwrap();
    let file = [head, first, second].concat();
    assert_eq!(
        hex::encode(Sha256::digest(&file)),
        "a7ea512ec208b76ceffc558c9572dcecd8d7e91528da82ff6476ed0711dc06b9",
    );
}

#[test]
fn a_blind_index_is_computed_as_by_another_implementation() {
    let value = Normalised::email("Kari@Example.org").unwrap();
    assert_eq!(
        hex::encode(blind_index(&key(), "email", &value)),
        "5ce6c6a3ba97e938ce4a53500a28e72bae504ce94cc4a52e2736c2e97909a9a4",
    );
}

#[test]
fn a_token_is_stored_as_its_sha_256() {
    assert_eq!(
        hex::encode(hash_token("abc")),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
}

proptest! {
    #[test]
    fn derivation_agrees_with_the_hkdf_crate(
        salt in any::<[u8; 32]>(), secret in any::<[u8; 32]>(), info in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        let mut expected = [0; 32];
        hkdf::Hkdf::<Sha256>::new(Some(&salt), &secret).expand(&info, &mut expected).unwrap();
        let half = info.len() / 2;
        let key = Key::from_slice(&secret).unwrap().derive_salted(&salt, &[&info[..half], &info[half..]]);
        prop_assert_eq!(key.expose(), &expected);
    }
}
