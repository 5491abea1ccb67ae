//! Seals and keys: what is genuine is accepted, everything else is refused by its right name.

mod openssl;

use std::{
    collections::BTreeSet,
    process::{Command, Stdio},
};

use coset::{Algorithm, CoseSign1Builder, HeaderBuilder, TaggedCborSerializable as _, iana};
use jiff::civil::{Date, date};
use permit_kiosk::{
    domain::{FilingNumber, FoodLicenceNumber, HygieneNumber, PermitNumber, Uscc},
    seal::{
        Claims, ClaimsDigest, CopySerial, KeyError, KeyId, Keyring, LogOrigin, Profile, Seal,
        Signature, SigningKey, VerifyingKey, verify,
    },
};
use proptest::prelude::*;

/// Base45's alphabet, and so that of a seal (RFC 9285, table 1).
const ALPHABET: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

fn key(profile: Profile) -> SigningKey {
    SigningKey::generate(profile, &[7; 32])
}

fn keyring() -> Keyring {
    Profile::ALL
        .map(|profile| (profile.to_string(), key(profile).verifying_key()))
        .into_iter()
        .collect()
}

fn claims(profile: Profile) -> Claims {
    Claims {
        issuer_key: key(profile).id(),
        number: PermitNumber::Food(FoodLicenceNumber::parse("JY13703039901011").unwrap()),
        holder: Uscc::parse("91370303MAXX01026W").unwrap(),
        items: ClaimsDigest::of(["食品销售经营者", "散装食品和预包装食品销售"]),
        issued: date(2026, 11, 23),
        valid_to: Some(date(2031, 11, 22)),
        copy: CopySerial::parse("K03-000017-1").unwrap(),
        fields: ClaimsDigest::of(["one", "two"]),
        origin: LogOrigin::parse("log.zhangdian.example/permits").unwrap(),
    }
}

fn seal(profile: Profile) -> Seal {
    Seal::make(&key(profile), &claims(profile))
}

#[track_caller]
fn check_refused(text: &str, expected: &str) {
    let error = verify(text, &keyring()).expect_err("this text must be refused");
    assert_eq!(error.to_string(), expected);
}

/// Signs any payload under any headers with a trusted key, as a broken or hostile issuer could.
fn forged(payload: &[u8], headers: impl Fn(HeaderBuilder) -> HeaderBuilder) -> String {
    let key = key(Profile::Ed25519);
    let header =
        HeaderBuilder::new().algorithm(iana::Algorithm::EdDSA).key_id(key.id().as_bytes().to_vec());
    let bytes = CoseSign1Builder::new()
        .protected(headers(header).build())
        .payload(payload.to_vec())
        .create_signature(&[], |to_sign| key.sign_bare(to_sign).as_bytes().to_vec())
        .build()
        .to_tagged_vec()
        .unwrap();
    format!("PK1:{}", base45::encode(bytes))
}

fn payload(profile: Profile) -> Vec<u8> {
    let bytes = bytes_of(seal(profile).as_str());
    coset::CoseSign1::from_tagged_slice(&bytes).unwrap().payload.unwrap()
}

fn bytes_of(text: &str) -> Vec<u8> {
    base45::decode(text.strip_prefix("PK1:").unwrap()).unwrap()
}

#[test]
fn what_was_sealed_is_what_is_read() {
    for profile in Profile::ALL {
        assert_eq!(verify(seal(profile).as_str(), &keyring()).unwrap(), claims(profile));
    }
}

/// If this fails, do not change the test: printed certificates carry this. Add a version.
#[test]
fn seals_of_version_1_stay_readable() {
    for (profile, file) in [
        (Profile::Sm2, include_str!("v1-sm2.txt")),
        (Profile::Ed25519, include_str!("v1-ed25519.txt")),
    ] {
        assert_eq!(verify(file.trim_end(), &keyring()).unwrap(), claims(profile));
        assert_eq!(seal(profile).as_str(), file.trim_end(), "the same claims make the same text");
    }
}

#[test]
fn every_single_changed_character_is_found() {
    let text = seal(Profile::Ed25519).to_string();
    let keyring = keyring();
    for (at, was) in text.char_indices() {
        // The next and the seventeenth following character of the alphabet.
        for step in [1, 17] {
            let place = ALPHABET.find(was).unwrap();
            let other = ALPHABET.chars().cycle().nth(place + step).unwrap();
            let mut changed = text.clone();
            changed.replace_range(at..=at, &other.to_string());
            assert!(verify(&changed, &keyring).is_err(), "{was:?} at {at} became {other:?}");
        }
        let mut shorter = text.clone();
        shorter.remove(at);
        assert!(verify(&shorter, &keyring).is_err(), "{was:?} at {at} was left out");
    }
}

#[test]
fn every_single_changed_bit_is_found() {
    for profile in Profile::ALL {
        let bytes = bytes_of(seal(profile).as_str());
        let keyring = keyring();
        // All of Ed25519; of SM2, which is slower, every third.
        let step = if profile == Profile::Sm2 { 3 } else { 1 };
        for bit in (0..bytes.len() * 8).step_by(step) {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let text = format!("PK1:{}", base45::encode(&changed));
            assert!(verify(&text, &keyring).is_err(), "{profile}: bit {bit} was turned");
        }
    }
}

#[test]
fn a_refusal_says_what_is_wrong() {
    let good = seal(Profile::Ed25519).to_string();
    let id = key(Profile::Ed25519).id();
    check_refused(
        "https://verify.example/v/1",
        "cannot read the code: it does not begin with PK1:, so it is not one of ours",
    );
    check_refused(
        "",
        "cannot read the code: it does not begin with PK1:, so it is not one of ours",
    );
    let long = format!("PK1:{}", "0".repeat(480));
    check_refused(&long, "cannot read a seal of 484 characters: 483 at most");
    check_refused("PK1:ABCDEf", "cannot read the seal: damaged base45");
    check_refused("PK1::::", "cannot read the seal: damaged base45");
    check_refused("PK1:", "cannot read the seal: damaged COSE_Sign1");
    check_refused("PK1:QED8WEX0", "cannot read the seal: damaged COSE_Sign1");

    let mut trailing = bytes_of(&good);
    trailing.push(0);
    let trailing = format!("PK1:{}", base45::encode(trailing));
    check_refused(&trailing, "cannot read the seal: damaged COSE_Sign1");

    let mut wrong_signature = bytes_of(&good);
    *wrong_signature.last_mut().unwrap() ^= 1;
    let wrong_signature = format!("PK1:{}", base45::encode(wrong_signature));
    let text = format!("the signature does not fit: the text was altered or is forged (key {id})");
    check_refused(&wrong_signature, &text);

    let stranger = SigningKey::generate(Profile::Sm2, &[8; 32]);
    let strange =
        Seal::make(&stranger, &Claims { issuer_key: stranger.id(), ..claims(Profile::Sm2) });
    let text = format!("the seal names key {}, which is not among the trusted keys", stranger.id());
    check_refused(strange.as_str(), &text);
}

#[test]
fn headers_we_do_not_know_are_refused_even_when_signed() {
    let payload = payload(Profile::Ed25519);
    let plain = forged(&payload, |header| header);
    assert!(verify(&plain, &keyring()).is_ok(), "the forger's tool makes good seals too");
    check_refused(
        &forged(&payload, |header| {
            header.add_critical(iana::HeaderParameter::ContentType).content_type("a/b".to_owned())
        }),
        "cannot judge the seal: it marks a header as critical that this version does not know",
    );
    check_refused(
        &forged(&payload, |header| header.value(99, 1.into())),
        "cannot read the seal: its envelope is not written the one way seals are",
    );
    check_refused(
        &forged(&payload, |header| header.algorithm(iana::Algorithm::ES256)),
        "cannot judge the seal: it is signed by an algorithm this version does not know",
    );
    check_refused(
        &forged(&payload, |header| header.key_id(vec![1, 2, 3])),
        "cannot read the seal: its envelope is not written the one way seals are",
    );
    // Ed25519's signature under SM2's name.
    let id = key(Profile::Ed25519).id();
    check_refused(
        &forged(&payload, |header| header.algorithm_label(Algorithm::PrivateUse(-70_001))),
        &format!("the signature does not fit: the text was altered or is forged (key {id})"),
    );
    // A header outside the signature is refused too: it would be read by nobody, and says so.
    let key = key(Profile::Ed25519);
    let protected = HeaderBuilder::new()
        .algorithm(iana::Algorithm::EdDSA)
        .key_id(key.id().as_bytes().to_vec())
        .build();
    let bytes = CoseSign1Builder::new()
        .protected(protected)
        .unprotected(HeaderBuilder::new().value(99, 1.into()).build())
        .payload(payload)
        .create_signature(&[], |to_sign| key.sign_bare(to_sign).as_bytes().to_vec())
        .build()
        .to_tagged_vec()
        .unwrap();
    let text = format!("PK1:{}", base45::encode(bytes));
    check_refused(&text, "cannot read the seal: its envelope is not written the one way seals are");
}

#[test]
fn signed_claims_have_one_encoding_only() {
    use ciborium::Value;
    let payload = payload(Profile::Ed25519);
    let Value::Map(map) = ciborium::from_reader::<Value, _>(payload.as_slice()).unwrap() else {
        panic!("claims are a map")
    };
    let written = |map: Vec<(Value, Value)>| {
        let mut bytes = Vec::new();
        ciborium::into_writer(&Value::Map(map), &mut bytes).unwrap();
        forged(&bytes, |header| header)
    };
    assert!(verify(&written(map.clone()), &keyring()).is_ok());

    let replaced = |label: i64, value: Value| {
        let mut map = map.clone();
        map.iter_mut().find(|(key, _)| *key == Value::from(label)).unwrap().1 = value;
        written(map)
    };
    let wrong = |claim: &str| format!("cannot read the signed claims: {claim} is wrong");
    check_refused(&replaced(1, "JY13703039901012".into()), &wrong("the permit number (1)"));
    check_refused(&replaced(1, 5.into()), &wrong("the permit number (1)"));
    check_refused(&replaced(2, "91370303MAXX01026X".into()), &wrong("the holder (2)"));
    check_refused(&replaced(3, 6.into()), &wrong("the kind (3)"));
    check_refused(&replaced(3, 2.into()), &wrong("the permit number (1)"));
    check_refused(&replaced(4, Value::Bytes(vec![0; 15])), &wrong("the items' digest (4)"));
    check_refused(&replaced(5, i64::MAX.into()), &wrong("the date of issue (5)"));
    check_refused(&replaced(6, Value::Null), &wrong("the last day (6)"));
    check_refused(&replaced(7, "k03".into()), &wrong("the copy serial (7)"));
    check_refused(&replaced(8, Value::Bytes(vec![0; 17])), &wrong("the fields' digest (8)"));
    check_refused(&replaced(9, "two words".into()), &wrong("the log origin (9)"));

    let mut more = map.clone();
    more.push((10.into(), "more".into()));
    check_refused(&written(more), &wrong("the encoding"));
    let mut twice = map.clone();
    twice.push(map[0].clone());
    check_refused(&written(twice), &wrong("the encoding"));
    let mut turned = map.clone();
    turned.reverse();
    check_refused(&written(turned), &wrong("the encoding"));
    check_refused(&written(Vec::new()), &wrong("the kind (3)"));
    let mut trailing = payload.clone();
    trailing.push(0);
    check_refused(&forged(&trailing, |header| header), &wrong("the encoding"));
    check_refused(&forged(&[], |header| header), &wrong("the whole"));
}

#[test]
fn a_seal_fits_the_code_its_place_is_made_for() {
    let longest = Claims {
        number: PermitNumber::Hygiene(
            HygieneNumber::parse(&format!("{}卫公证字〔2026〕第370303-000001号", "张".repeat(12)))
                .unwrap(),
        ),
        copy: CopySerial::parse(&"K".repeat(CopySerial::LEN_MAX)).unwrap(),
        origin: LogOrigin::parse(&"o".repeat(LogOrigin::LEN_MAX)).unwrap(),
        ..claims(Profile::Sm2)
    };
    for (claims, version) in [(claims(Profile::Sm2), 11), (longest, 13)] {
        let seal = Seal::make(&key(Profile::Sm2), &claims);
        let code = qrcode::QrCode::with_error_correction_level(seal.as_str(), qrcode::EcLevel::M);
        assert_eq!(code.unwrap().version(), qrcode::Version::Normal(version));
        assert_eq!(verify(seal.as_str(), &keyring()).unwrap(), claims);
        assert!(seal.as_str().chars().all(|character| ALPHABET.contains(character)));
    }
}

#[test]
fn a_signature_holds_in_its_own_context_only() {
    for profile in Profile::ALL {
        let key = key(profile);
        let signature = key.sign("journal/record/1", b"message");
        let public = key.verifying_key();
        assert!(public.verify("journal/record/1", b"message", &signature));
        for (context, message) in [
            ("journal/record/2", b"message".as_slice()),
            ("journal/record", b"/1message"),
            ("journal/record/1", b"Message"),
            ("journal/record/1", b""),
        ] {
            assert!(!public.verify(context, message, &signature), "{profile} {context}");
        }
        assert!(!public.verify_bare(b"message", &signature));
        let mut wrong = *signature.as_bytes();
        wrong[40] ^= 4;
        assert!(!public.verify("journal/record/1", b"message", &Signature::from_bytes(wrong)));
        let other = SigningKey::generate(profile, &[9; 32]).verifying_key();
        assert!(!other.verify("journal/record/1", b"message", &signature));
    }
}

#[test]
fn a_second_encoding_of_a_signature_is_refused() {
    // RFC 8032, 5.1.7: S is below the order L = 2^252 + 27742317777372353535851937790883648493.
    let order = hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let (key, context) = (key(Profile::Ed25519), "journal/record/1");
    let mut bytes = *key.sign(context, b"record").as_bytes();
    let mut carry = 0;
    for (byte, add) in bytes[32..].iter_mut().zip(order.unwrap()) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
    }
    let second = Signature::from_bytes(bytes);
    let verifying = key.verifying_key();
    assert!(!verifying.verify(context, b"record", &second));
}

#[test]
fn keys_survive_their_pem_form_and_name_themselves_alike() {
    for profile in Profile::ALL {
        let key = key(profile);
        let again = SigningKey::from_pem(&key.to_pem()).unwrap();
        assert_eq!((again.profile(), again.id()), (profile, key.id()));
        let public = VerifyingKey::from_pem(&key.verifying_key().to_pem()).unwrap();
        assert_eq!(public, key.verifying_key());
        assert_eq!(KeyId::parse(&key.id().to_string()).unwrap(), key.id());
        assert_eq!(again.sign("c", b"m"), key.sign("c", b"m"), "signing is deterministic");
    }
}

#[test]
fn what_is_no_key_is_refused() {
    let public = key(Profile::Sm2).verifying_key().to_pem();
    let private = key(Profile::Ed25519).to_pem();
    assert!(matches!(SigningKey::from_pem(&public), Err(KeyError::ReadSigningKey)));
    assert!(matches!(VerifyingKey::from_pem(&private), Err(KeyError::ReadVerifyingKey)));
    assert!(matches!(SigningKey::from_pem(""), Err(KeyError::ReadSigningKey)));
    let long = "A".repeat(5000);
    assert!(matches!(SigningKey::from_pem(&long), Err(KeyError::Oversize { bytes: 5000 })));
    // The neutral point: under it one signature fits every message.
    let mut small = [0; 32];
    small[0] = 1;
    assert!(VerifyingKey::from_ed25519_bytes(&small).is_err());
    assert!(Signature::from_slice(&[0; 63]).is_err());
    assert!(KeyId::parse("0011").is_err());
}

#[test]
fn a_signing_key_never_shows_itself() {
    for profile in Profile::ALL {
        let key = key(profile);
        let shown = format!("{key:?}");
        assert_eq!(shown, format!("SigningKey({profile} {})", key.id()));
    }
    assert_eq!(format!("{:?}", seal(Profile::Sm2)), "Seal(334 characters)");
}

#[test]
fn different_random_bytes_make_different_keys_and_the_same_make_the_same() {
    for profile in Profile::ALL {
        let ids: BTreeSet<KeyId> =
            (0..50).map(|byte| SigningKey::generate(profile, &[byte; 32]).id()).collect();
        // 0 is no SM2 scalar and is hashed into one; 50 drawings still make 50 keys.
        assert_eq!(ids.len(), 50, "{profile}");
        // Beyond the order of SM2's group.
        let high = SigningKey::generate(profile, &[0xFF; 32]);
        assert_eq!(high.id(), SigningKey::generate(profile, &[0xFF; 32]).id());
    }
}

#[test]
fn python_verifies_the_envelope() {
    let python = concat!(env!("CARGO_MANIFEST_DIR"), "/.venv/bin/python");
    let script = "import sys, base64\n\
        from cwt import COSE, COSEKey\n\
        pem, text = sys.stdin.read().split('=====')\n\
        alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:'\n\
        digits = [alphabet.index(c) for c in text]\n\
        data = bytearray()\n\
        for i in range(0, len(digits), 3):\n\
        \x20   part = digits[i:i+3]\n\
        \x20   value = sum(d * 45**n for n, d in enumerate(part))\n\
        \x20   data += value.to_bytes(len(part) - 1, 'big')\n\
        key = COSEKey.from_pem(pem, kid=bytes.fromhex(sys.argv[1]))\n\
        print(COSE.new().decode(bytes(data), key).hex())\n";
    let key = key(Profile::Ed25519);
    let text = seal(Profile::Ed25519).to_string();
    let child = Command::new(python)
        .args(["-c", script, &key.id().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            crate::skipped::without(format_args!("{python} with the package cwt: {error}"));
            return;
        }
    };
    let input =
        format!("{}====={}", key.verifying_key().to_pem(), text.strip_prefix("PK1:").unwrap());
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(printed.trim(), hex::encode(payload(Profile::Ed25519)));
}

fn any_number() -> impl Strategy<Value = PermitNumber> {
    let sequence = 1_u32..=999_999;
    prop_oneof![
        (1_u8..=3, sequence.clone()).prop_map(|(kind, sequence)| PermitNumber::Food(
            FoodLicenceNumber::new(kind, "370303", sequence).unwrap()
        )),
        (1_u8..=2, sequence.clone()).prop_map(|(kind, sequence)| PermitNumber::Filing(
            FilingNumber::new(kind, "370303", sequence).unwrap()
        )),
        (2000_i16..2099, sequence).prop_map(|(year, sequence)| PermitNumber::Hygiene(
            HygieneNumber::new("张审卫公证", year, sequence).unwrap()
        )),
    ]
}

fn any_date() -> impl Strategy<Value = Date> {
    (1970_i16..=9998, 1_i8..=12, 1_i8..=28).prop_map(|(year, month, day)| date(year, month, day))
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(20_261_123), failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn any_claims_come_back_as_they_went(
        number in any_number(),
        issued in any_date(),
        valid_to in proptest::option::of(any_date()),
        copy in "[A-Z0-9][A-Z0-9-]{0,20}[A-Z0-9]",
        origin in "[a-z0-9./:-]{1,48}",
        text in ".{0,80}",
    ) {
        let claims = Claims {
            number,
            issued,
            valid_to,
            copy: CopySerial::parse(&copy).unwrap(),
            origin: LogOrigin::parse(&origin).unwrap(),
            fields: ClaimsDigest::of([text]),
            ..claims(Profile::Ed25519)
        };
        let seal = Seal::make(&key(Profile::Ed25519), &claims);
        prop_assert_eq!(seal.verify(&keyring()).unwrap(), claims);
    }

    #[test]
    fn no_text_at_all_upsets_the_reader(text in "(PK1:)?[0-9A-Z $%*+./:-]{0,490}") {
        prop_assert!(verify(&text, &keyring()).is_err());
    }

    #[test]
    fn no_bytes_at_all_upset_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..320)) {
        let text = format!("PK1:{}", base45::encode(bytes));
        prop_assert!(verify(&text, &keyring()).is_err());
    }
}

/// A key with tables accepts what one without them accepts, and nothing else.
#[test]
fn a_prepared_key_sees_every_signature_as_a_plain_one_does() {
    const CONTEXT: &str = "test/prepared";
    for profile in [Profile::Sm2, Profile::Ed25519] {
        for seed in 0..4 {
            let key = SigningKey::generate(profile, &[seed + 1; 32]);
            let (plain, prepared) = (key.verifying_key(), key.verifying_key().prepared());
            assert_eq!(plain, prepared);
            let same = |message: &[u8], signature: &Signature| {
                let is = plain.verify(CONTEXT, message, signature);
                assert_eq!(
                    prepared.verify(CONTEXT, message, signature),
                    is,
                    "{profile:?} {message:?}"
                );
                is
            };
            for length in [0, 1, 31, 32, 33, 300, 5000] {
                let message: Vec<u8> =
                    (0..length).map(|i| u8::try_from(i % 251).unwrap()).collect();
                let signature = key.sign(CONTEXT, &message);
                assert!(same(&message, &signature));
                assert!(!prepared.verify("test/other", &message, &signature));
                let other = [&message[..], b"x"].concat();
                assert!(!same(&other, &signature));
            }
            // Every bit of one.
            let signature = key.sign(CONTEXT, b"every bit");
            for bit in 0..512 {
                let mut bytes = *signature.as_bytes();
                bytes[bit / 8] ^= 1 << (bit % 8);
                assert!(!same(b"every bit", &Signature::from_bytes(bytes)), "bit {bit}");
            }
            // Numbers at the edges: nothing, one, all ones, the group's order and next to it.
            let orders = [
                // Of the curve of SM2, big-endian, and of Ed25519, little-endian.
                "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123",
                "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
            ];
            let mut edges = vec![[0; 32], [0xFF; 32]];
            for order in orders {
                let order: [u8; 32] = hex::decode(order).unwrap().try_into().unwrap();
                for (at, change) in [(0, 0), (0, 1), (31, 1)] {
                    let mut edge = order;
                    edge[at] = edge[at].wrapping_sub(change);
                    edges.push(edge);
                    edge[at] = edge[at].wrapping_add(2 * change);
                    edges.push(edge);
                }
            }
            let (mut one, mut last) = ([0; 32], [0; 32]);
            (one[0], last[31]) = (1, 1);
            edges.extend([one, last]);
            for first in &edges {
                for second in &edges {
                    let bytes: [u8; 64] = [*first, *second].concat().try_into().unwrap();
                    assert!(!same(b"edges", &Signature::from_bytes(bytes)));
                    // And each beside half a good one.
                    let good = key.sign(CONTEXT, b"edges");
                    for (a, b) in
                        [(first, &good.as_bytes()[32..]), (second, &good.as_bytes()[..32])]
                    {
                        let bytes: [u8; 64] = [&a[..], b].concat().try_into().unwrap();
                        assert!(!same(b"edges", &Signature::from_bytes(bytes)));
                    }
                }
            }
            // The same s, a group's order more: RFC 8032 has one encoding of it.
            if profile == Profile::Ed25519 {
                let good = key.sign(CONTEXT, b"malleable");
                let order: Vec<u8> = hex::decode(orders[1]).unwrap();
                let mut bytes = *good.as_bytes();
                let mut carry = 0;
                for (byte, more) in bytes[32..].iter_mut().zip(&order) {
                    let sum = u16::from(*byte) + u16::from(*more) + carry;
                    (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
                }
                assert!(!same(b"malleable", &Signature::from_bytes(bytes)));
            }
        }
    }
}
