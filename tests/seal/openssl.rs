//! OpenSSL signs what we verify, and verifies what we sign.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use permit_kiosk::seal::{Profile, Signature, SigningKey, VerifyingKey};

const MESSAGE: &[u8] = "张审卫公证〔2026〕第0001号".as_bytes();
const DISTID: &str = "distid:1234567812345678";

/// Runs OpenSSL in a folder. `None`, and a line that says so, where it is not installed.
#[track_caller]
fn openssl(folder: &Path, arguments: &[&str]) -> Option<Vec<u8>> {
    let child = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output();
    match child {
        Ok(output) => {
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "openssl {arguments:?}: {error}");
            Some(output.stdout)
        }
        Err(error) => {
            crate::skipped::without(format_args!("openssl: {error}"));
            None
        }
    }
}

fn file(folder: &Path, name: &str, bytes: &[u8]) {
    std::fs::File::create(folder.join(name)).unwrap().write_all(bytes).unwrap();
}

fn text(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn openssl_verifies_our_sm2() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for byte in 1..=8 {
        let key = SigningKey::generate(Profile::Sm2, &[byte; 32]);
        file(folder, "public.pem", key.verifying_key().to_pem().as_bytes());
        file(folder, "message", MESSAGE);
        let signature = key.sign_bare(MESSAGE);
        file(folder, "signature", &der(signature.as_bytes()));
        let verified = openssl(
            folder,
            &[
                "dgst",
                "-sm3",
                "-verify",
                "public.pem",
                "-sigopt",
                DISTID,
                "-signature",
                "signature",
                "message",
            ],
        );
        let Some(verified) = verified else { return };
        assert_eq!(verified, b"Verified OK\n");
    }
}

#[test]
fn we_verify_the_sm2_of_openssl() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for _ in 0..8 {
        let made = openssl(folder, &["genpkey", "-algorithm", "SM2", "-out", "private.pem"]);
        if made.is_none() {
            return;
        }
        openssl(folder, &["pkey", "-in", "private.pem", "-pubout", "-out", "public.pem"]);
        file(folder, "message", MESSAGE);
        openssl(
            folder,
            &[
                "dgst",
                "-sm3",
                "-sign",
                "private.pem",
                "-sigopt",
                DISTID,
                "-out",
                "signature",
                "message",
            ],
        );
        let key = VerifyingKey::from_pem(&text(folder, "public.pem")).unwrap();
        assert_eq!(key.profile(), Profile::Sm2);
        let signature = std::fs::read(folder.join("signature")).unwrap();
        let signature = Signature::from_slice(&raw(&signature)).unwrap();
        assert!(key.verify_bare(MESSAGE, &signature));
        assert!(!key.verify_bare(b"another message", &signature));
        // The private half, read by us, is the same key.
        let private = SigningKey::from_pem(&text(folder, "private.pem")).unwrap();
        assert_eq!(private.verifying_key(), key);
    }
}

#[test]
fn ed25519_goes_both_ways() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    if openssl(folder, &["genpkey", "-algorithm", "ED25519", "-out", "private.pem"]).is_none() {
        return;
    }
    file(folder, "message", MESSAGE);
    openssl(
        folder,
        &[
            "pkeyutl",
            "-sign",
            "-rawin",
            "-inkey",
            "private.pem",
            "-in",
            "message",
            "-out",
            "signature",
        ],
    );
    let theirs = SigningKey::from_pem(&text(folder, "private.pem")).unwrap();
    assert_eq!(theirs.profile(), Profile::Ed25519);
    let signature = std::fs::read(folder.join("signature")).unwrap();
    // Ed25519 is deterministic: both make the same 64 bytes.
    assert_eq!(theirs.sign_bare(MESSAGE).as_bytes(), signature.as_slice());

    let ours = SigningKey::generate(Profile::Ed25519, &[5; 32]);
    file(folder, "ours.pem", ours.to_pem().as_bytes());
    file(folder, "public.pem", ours.verifying_key().to_pem().as_bytes());
    file(folder, "signature", ours.sign_bare(MESSAGE).as_bytes());
    openssl(folder, &["pkey", "-in", "ours.pem", "-noout"]);
    openssl(
        folder,
        &[
            "pkeyutl",
            "-verify",
            "-rawin",
            "-pubin",
            "-inkey",
            "public.pem",
            "-in",
            "message",
            "-sigfile",
            "signature",
        ],
    );
}

#[test]
fn openssl_reads_our_private_keys_and_finds_the_same_public_half() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for profile in Profile::ALL {
        let key = SigningKey::generate(profile, &[6; 32]);
        file(folder, "private.pem", key.to_pem().as_bytes());
        let Some(public) = openssl(folder, &["pkey", "-in", "private.pem", "-pubout"]) else {
            return;
        };
        let public = VerifyingKey::from_pem(&String::from_utf8(public).unwrap()).unwrap();
        assert_eq!(public, key.verifying_key(), "{profile}");
    }
}

#[test]
fn a_key_id_is_what_sha256sum_makes_of_the_public_key() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for profile in Profile::ALL {
        let key = SigningKey::generate(profile, &[6; 32]).verifying_key();
        file(folder, "public.pem", key.to_pem().as_bytes());
        let der = ["pkey", "-pubin", "-in", "public.pem", "-outform", "DER", "-out", "public.der"];
        if openssl(folder, &der).is_none() {
            return;
        }
        let digest = openssl(folder, &["dgst", "-sha256", "-r", "public.der"]).unwrap();
        let digest = String::from_utf8(digest).unwrap();
        assert!(digest.starts_with(&key.id().to_string()), "{profile}: {digest}");
    }
}

#[test]
fn the_digests_in_a_seal_are_sm3() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let texts = ["食品销售经营者", "", "散装食品和预包装食品销售"];
    let mut bytes = Vec::new();
    for text in texts {
        bytes.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
        bytes.extend(text.as_bytes());
    }
    file(folder, "texts", &bytes);
    let Some(digest) = openssl(folder, &["dgst", "-sm3", "-r", "texts"]) else { return };
    let digest = String::from_utf8(digest).unwrap();
    let ours = permit_kiosk::seal::ClaimsDigest::of(texts).to_string();
    assert_eq!(digest[..32], ours);
}

/// r‖s as the DER sequence OpenSSL speaks (GM/T 0009-2012, 7.3).
fn der(raw: &[u8; 64]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let digits: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
        let sign = digits.first().is_none_or(|byte| *byte >= 0x80);
        let length = digits.len() + usize::from(sign);
        let mut integer = vec![2, u8::try_from(length).unwrap()];
        integer.extend(sign.then_some(0));
        integer.extend(digits);
        integer
    };
    let content = [integer(&raw[..32]), integer(&raw[32..])].concat();
    let mut sequence = vec![0x30, u8::try_from(content.len()).unwrap()];
    sequence.extend(content);
    sequence
}

/// The DER sequence of OpenSSL as r‖s.
fn raw(der: &[u8]) -> Vec<u8> {
    let mut raw = Vec::new();
    let mut rest = &der[2..];
    for _ in 0..2 {
        let length = usize::from(rest[1]);
        let digits = &rest[2..2 + length];
        let digits: Vec<u8> = digits.iter().copied().skip_while(|byte| *byte == 0).collect();
        raw.extend(std::iter::repeat_n(0, 32 - digits.len()));
        raw.extend(digits);
        rest = &rest[2 + length..];
    }
    raw
}
