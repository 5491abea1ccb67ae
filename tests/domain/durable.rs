//! Files that survive a power cut.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use permit_kiosk::durable::{self, Error, Lock};
use permit_kiosk::fault::Chain;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn what_is_written_replaces_what_was_there_and_leaves_nothing_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kiosk.txt");
    durable::write(&path, b"first").unwrap();
    durable::write(&path, b"second, and longer").unwrap();
    assert_eq!(durable::read_limited(&path, 100).unwrap(), b"second, and longer");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_file_left_by_a_power_cut_is_overwritten_with_the_right_rights() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kiosk.key");
    durable::write(&folder.path().join("kiosk.key.tmp"), b"half of a k").unwrap();
    durable::write_secret(&path, b"a key").unwrap();
    assert_eq!(durable::read_limited(&path, 5).unwrap(), b"a key");
    assert_eq!(mode(&path), 0o600, "nobody else reads a key");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn writers_of_the_same_file_do_not_mix() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::thread::scope(|scope| {
        for letter in [b'a', b'b', b'c', b'd'] {
            let path = &path;
            scope.spawn(move || {
                for _ in 0..10 {
                    durable::write(path, &[letter; 5000]).unwrap();
                }
            });
        }
    });
    let bytes = durable::read_limited(&path, 5000).unwrap();
    assert!(bytes.len() == 5000 && bytes.iter().all(|byte| *byte == bytes[0]));
}

#[test]
fn a_file_is_read_up_to_its_limit_and_not_a_byte_beyond() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    durable::write(&path, &[7; 10]).unwrap();
    assert_eq!(durable::read_limited(&path, 10).unwrap().len(), 10);
    let error = durable::read_limited(&path, 9).unwrap_err();
    assert!(matches!(error, Error::TooLong { bytes_max: 9, .. }));
    assert!(!error.is_missing());
}

#[test]
fn an_error_names_the_file_and_the_chain_names_the_cause() {
    let path = Path::new("/nowhere/kiosk.toml");
    let error = durable::read_limited(path, 1).unwrap_err();
    assert!(error.is_missing());
    assert_eq!(
        Chain(&error).to_string(),
        "cannot open /nowhere/kiosk.toml: No such file or directory (os error 2)"
    );
    let error = durable::write(path, b"").unwrap_err();
    assert_eq!(
        Chain(&error).to_string(),
        "cannot write /nowhere/kiosk.toml.tmp: No such file or directory (os error 2)"
    );
    assert!(matches!(durable::write(Path::new("/"), b""), Err(Error::Name { .. })));
}

#[test]
fn removing_twice_is_removing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    durable::write(&path, b"x").unwrap();
    durable::remove(&path).unwrap();
    durable::remove(&path).unwrap();
    assert!(!path.exists());
}

#[test]
fn a_folder_is_locked_once_and_the_second_is_told_by_whom() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lock");
    let lock = Lock::acquire(&path).unwrap();
    let error = Lock::acquire(&path).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{} is held by process {}", path.display(), std::process::id())
    );
    drop(lock);
    Lock::acquire(&path).unwrap();
}
