use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use super::*;
use tempfile::TempDir;

const COMPANY: Uuid = Uuid::from_u128(0x0192_f000_0000_7000_8000_0000_0000_0001);

/// A new keyring in a folder of its own, which goes when the folder does.
fn created() -> (TempDir, PathBuf, Keyring) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys/root.json");
    let keyring = Keyring::create(&path).unwrap();
    (folder, path, keyring)
}

/// `v<version>:<base64>` of bytes.
fn setting(version: u32, bytes: &[u8]) -> String {
    format!(
        "v{version}:{}",
        base64::engine::general_purpose::STANDARD.encode(bytes)
    )
}

fn random() -> [u8; 32] {
    crypto::random_bytes().unwrap()
}

fn from_setting(text: &str) -> Result<Keyring, Error> {
    Keyring::from_setting(&text.into())
}

fn same_keys(left: &Keyring, right: &Keyring) -> bool {
    left.active() == right.active()
        && left.versions().eq(right.versions())
        && left
            .roots
            .iter()
            .zip(&right.roots)
            .all(|(l, r)| l.1.expose() == r.1.expose())
}

#[test]
fn a_created_keyring_is_private_and_loads_again() {
    let (_folder, path, keyring) = created();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    assert_eq!(
        fs::metadata(path.parent().unwrap()).unwrap().mode() & 0o777,
        0o700
    );
    assert!(same_keys(&Keyring::load(&path).unwrap(), &keyring));
    assert_eq!(
        fs::read_dir(path.parent().unwrap()).unwrap().count(),
        1,
        "nothing is left beside it"
    );
}

#[test]
fn creating_never_overwrites() {
    let (_folder, path, keyring) = created();
    assert!(matches!(Keyring::create(&path), Err(Error::Exists(_))));
    assert!(same_keys(&Keyring::load(&path).unwrap(), &keyring));
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn a_missing_file_is_called_missing() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(
        Keyring::load(&folder.path().join("root.json")),
        Err(Error::Missing(_))
    ));
}

#[test]
fn a_file_that_others_may_use_is_refused() {
    let (_folder, path, _) = created();
    for mode in [0o640, 0o604, 0o620, 0o666, 0o610] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let refused = Keyring::load(&path);
        assert!(
            matches!(refused, Err(Error::Permissions { mode: found, .. }) if found == mode),
            "{mode:o}"
        );
    }
    fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
    assert!(Keyring::load(&path).is_ok());
}

#[test]
fn a_damaged_file_is_refused_without_quoting_it() {
    let (_folder, path, _) = created();
    let text = fs::read_to_string(&path).unwrap();
    let key = text.split("\"key\": \"").nth(1).unwrap()[..43].to_owned();
    let other = base64::engine::general_purpose::STANDARD.encode(random());
    let damaged = [
        String::new(),
        "{}".to_owned(),
        text[..text.len() / 2].to_owned(),
        text.replace("\"format\": 1", "\"format\": 2"),
        text.replace("\"version\": 1", "\"version\": \"1\""),
        text.replace("\"active\": 1", "\"active\": 3"),
        text.replace(&key, &other[..43]),
        text.replace(&key, &key[..20]),
        text.replace("\"keys\"", "\"kees\""),
    ];
    for text in damaged {
        fs::write(&path, &text).unwrap();
        let error = format!("{:?}", Keyring::load(&path).unwrap_err());
        assert!(
            !error.contains(&key[..10]) && !error.contains(&other[..10]),
            "{error}"
        );
    }
}

#[test]
fn a_changed_key_does_not_match_its_check_value() {
    let (_folder, path, keyring) = created();
    let text = fs::read_to_string(&path).unwrap();
    let key = base64::engine::general_purpose::STANDARD.encode(keyring.active.key.expose());
    let other = base64::engine::general_purpose::STANDARD.encode(random());
    fs::write(&path, text.replace(&key, &other)).unwrap();
    assert!(matches!(Keyring::load(&path), Err(Error::Damaged(1))));
}

#[test]
fn rotation_makes_a_new_key_active_and_keeps_the_old() {
    let (_folder, path, mut keyring) = created();
    let before = keyring.clone();
    assert_eq!(keyring.rotate().unwrap(), 2);
    assert_eq!(
        (keyring.active(), keyring.versions().collect::<Vec<_>>()),
        (2, vec![1, 2])
    );
    assert!(same_keys(&Keyring::load(&path).unwrap(), &keyring));
    let backup = path.with_extension("json.bak");
    assert_eq!(fs::metadata(&backup).unwrap().mode() & 0o777, 0o600);
    assert!(same_keys(&Keyring::load(&backup).unwrap(), &before));
    assert_eq!(
        keyring.root(1).unwrap().expose(),
        before.root(1).unwrap().expose()
    );
}

#[test]
fn a_key_is_retired_only_when_idle_and_unused() {
    let (_folder, path, mut keyring) = created();
    assert!(matches!(keyring.retire(1, 0), Err(Error::StillActive(1))));
    keyring.rotate().unwrap();
    assert!(matches!(
        keyring.retire(1, 3),
        Err(Error::StillUsed {
            version: 1,
            count: 3
        })
    ));
    assert!(matches!(
        keyring.retire(7, 0),
        Err(Error::UnknownVersion(7))
    ));
    keyring.retire(1, 0).unwrap();
    assert_eq!(keyring.versions().collect::<Vec<_>>(), [2]);
    assert!(same_keys(&Keyring::load(&path).unwrap(), &keyring));
    assert_eq!(
        keyring.rotate().unwrap(),
        3,
        "a version is never used twice"
    );
}

#[test]
fn two_rotations_from_the_same_state_do_not_lose_a_key() {
    let (_folder, path, mut first) = created();
    let mut second = Keyring::load(&path).unwrap();
    first.rotate().unwrap();
    assert!(matches!(second.rotate(), Err(Error::Changed(_))));
    assert_eq!(second.active(), 1, "the refused keyring is as before");
    assert!(same_keys(&Keyring::load(&path).unwrap(), &first));
}

#[test]
fn keys_from_a_setting_load_with_the_highest_version_active() {
    let text = format!(
        "{}, {}",
        setting(2, &random()),
        setting(1, &random()).trim_end_matches('=')
    );
    let mut keyring = from_setting(&text).unwrap();
    assert_eq!(
        (keyring.active(), keyring.versions().collect::<Vec<_>>()),
        (2, vec![1, 2])
    );
    assert!(matches!(keyring.rotate(), Err(Error::NoFile)));
}

#[test]
fn malformed_settings_are_refused() {
    let good = setting(1, &random());
    let key = &good[3..];
    for text in [
        "",
        "v1",
        "v1:",
        "v1:???",
        key,
        &format!("1:{key}"),
        &format!("v0:{key}"),
        &format!("{good},"),
    ] {
        assert!(from_setting(text).is_err(), "{text}");
    }
    let twice = format!("{good},{}", setting(1, &random()));
    assert!(matches!(from_setting(&twice), Err(Error::Duplicate(1))));
    assert!(matches!(
        from_setting(&format!("{good},v2:{key}")),
        Err(Error::Duplicate(2))
    ));
    assert!(matches!(
        from_setting(&setting(1, &random()[..31])),
        Err(Error::Weak { version: 1, .. })
    ));
}

#[test]
fn keys_that_nobody_drew_at_random_are_refused() {
    let repeated = random()[..16].repeat(2);
    let counted: Vec<u8> = (10..42).collect();
    let few = random().map(|byte| 200 + byte % 11);
    let weak: [(&[u8], &str); 6] = [
        (&[0; 32], "all zero"),
        (&[0xff; 32], "a repeated pattern"),
        (&repeated, "a repeated pattern"),
        (&counted, "a sequence"),
        (b"change-me-in-production-please!!", "readable text"),
        (&few, "made of too few different bytes"),
    ];
    for (key, expected) in weak {
        let refused = from_setting(&setting(1, key));
        assert!(
            matches!(refused, Err(Error::Weak { version: 1, reason }) if reason == expected),
            "{expected}: {refused:?}"
        );
    }
}

#[test]
fn random_keys_are_never_called_weak() {
    for _ in 0..5_000 {
        assert!(from_setting(&setting(1, &random())).is_ok());
    }
}

#[test]
fn derivations_differ_by_purpose_and_version_and_last() {
    let (_folder, path, mut keyring) = created();
    keyring.rotate().unwrap();
    let spool = keyring.spool_keys();
    let keys = [
        keyring.tenant_context_key(),
        keyring.tenant_context_key_of(1).unwrap(),
        keyring.cookie_key(),
        keyring.csrf_key(),
        keyring.witness_keys().get(1).unwrap().clone(),
        keyring.witness_keys().get(2).unwrap().clone(),
        spool.get(1).unwrap().clone(),
        spool.active().1.clone(),
        keyring.root(1).unwrap().clone(),
        keyring.root(2).unwrap().clone(),
    ];
    let different: std::collections::BTreeSet<_> = keys.iter().map(Key::expose).collect();
    assert_eq!(different.len(), keys.len());
    let again = Keyring::load(&path).unwrap();
    assert_eq!(again.csrf_key().expose(), keyring.csrf_key().expose());
    assert_eq!(
        keyring.tenant_context_key().expose(),
        keyring.tenant_context_key_of(2).unwrap().expose()
    );
    assert!(matches!(
        keyring.tenant_context_key_of(9),
        Err(Error::UnknownVersion(9))
    ));
}

#[test]
fn derivations_are_those_of_another_implementation() {
    let bytes: Vec<u8> = (0x40..0x60).collect();
    let root = Key::from_slice(&bytes).unwrap();
    assert_eq!(
        hex::encode(derive(&root, Purpose::TenantContext).expose()),
        "74a87ad485140e643b3e510758bb3ae9643fc86563dc6a65223b27d07b127e5c",
    );
    assert_eq!(
        password(&root, "attest_app").expose_secret(),
        "VN_c0QBBMVV_VxkD7Bz9ClyoEA50rU4v3ihMYnDpk-g"
    );
}

#[test]
fn role_passwords_differ_by_role_and_version() {
    let (_folder, _, mut keyring) = created();
    let before = keyring
        .role_password("attest_app")
        .expose_secret()
        .to_owned();
    keyring.rotate().unwrap();
    assert_eq!(
        keyring
            .role_password_of(1, "attest_app")
            .unwrap()
            .expose_secret(),
        before
    );
    assert_ne!(keyring.role_password("attest_app").expose_secret(), before);
    assert_ne!(
        keyring
            .role_password_of(1, "attest_worker")
            .unwrap()
            .expose_secret(),
        before
    );
    assert_eq!(before.len(), 43);
}

#[test]
fn a_company_comes_back_from_its_wrapped_keys_before_and_after_rotation() {
    let (_folder, _, mut keyring) = created();
    let mut company = CompanyKeys::generate(COMPANY).unwrap();
    company.rotate_data().unwrap();
    let old = keyring.wrap_company(&company).unwrap();
    keyring.rotate().unwrap();
    let new = keyring.wrap_company(&company).unwrap();
    assert!(
        old.iter().all(|key| key.root_version == 1) && new.iter().all(|key| key.root_version == 2)
    );
    for mut stored in [old, new] {
        stored.reverse();
        let back = keyring.unwrap_company(COMPANY, &stored).unwrap();
        assert_eq!(back.active(), 2);
        assert_eq!(back.audit().expose(), company.audit().expose());
        assert_eq!(back.index().expose(), company.index().expose());
        assert!(
            back.data()
                .values()
                .map(Key::expose)
                .eq(company.data().values().map(Key::expose))
        );
    }
}

#[test]
fn wrapped_company_keys_cannot_change_places() {
    let (_folder, _, keyring) = created();
    let stored = keyring
        .wrap_company(&CompanyKeys::generate(COMPANY).unwrap())
        .unwrap();
    assert!(
        keyring.unwrap_company(Uuid::from_u128(9), &stored).is_err(),
        "another company"
    );
    let mut exchanged = stored.clone();
    exchanged[0].kind = KeyKind::CompanyIndex;
    exchanged[1].kind = KeyKind::CompanyData;
    assert!(
        keyring.unwrap_company(COMPANY, &exchanged).is_err(),
        "another kind"
    );
    let mut renumbered = stored.clone();
    renumbered[0].version = 2;
    assert!(
        keyring.unwrap_company(COMPANY, &renumbered).is_err(),
        "another version"
    );
    assert!(
        keyring.unwrap_company(COMPANY, &stored[1..]).is_err(),
        "no data key"
    );
    assert!(
        keyring.unwrap_company(COMPANY, &stored[..1]).is_err(),
        "no audit key"
    );
    let (_other_folder, _, other) = created();
    assert!(
        other.unwrap_company(COMPANY, &stored).is_err(),
        "another root key"
    );
}

#[test]
fn debug_output_shows_versions_only() {
    let (_folder, _, keyring) = created();
    assert_eq!(
        format!("{keyring:?}"),
        "Keyring { versions: [1], active: 1, .. }"
    );
    assert!(
        !format!("{:?}", keyring.witness_keys()).contains("[1"),
        "keys are masked"
    );
}
