//! The independent programs the tests ask.

use std::{
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// Runs a program with `input`. `None`, and a line that says so, where it is not installed.
pub(crate) fn run(program: &str, arguments: &[&str], input: &[u8]) -> Option<Output> {
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            crate::skipped::without(format_args!("{program} is missing"));
            return None;
        }
        Err(error) => panic!("{program}: {error}"),
    };
    let mut stdin = child.stdin.take().unwrap();
    // A program that does not read all of its input closes the pipe, which is its right.
    let _closed_early = stdin.write_all(input);
    drop(stdin);
    Some(child.wait_with_output().unwrap())
}

/// What a program prints, if it is installed and succeeds.
#[track_caller]
pub(crate) fn text(program: &str, arguments: &[&str], input: &[u8]) -> Option<String> {
    let output = run(program, arguments, input)?;
    let printed = String::from_utf8(output.stdout).unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {printed}{error}");
    Some(printed)
}

/// A file in a folder that goes away with the test.
pub(crate) fn file(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::File::create(&path).unwrap().write_all(bytes).unwrap();
    path
}

/// What `zbarimg` reads of the codes in a PNG, one a line.
pub(crate) fn zbarimg(png: &[u8]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "page.png", png);
    // Without these, other symbologies find codes in the border, and D-Bus complains.
    let options = ["--nodbus", "-q", "--raw", "-Sdisable", "-Sqrcode.enable"];
    let arguments = [options.as_slice(), &[path.to_str().unwrap()]].concat();
    text("zbarimg", &arguments, b"")
}

/// What rxing reads of the one code in a picture of dots.
pub(crate) fn rxing(luma: Vec<u8>, width: u32, height: u32) -> Option<String> {
    let mut hints = rxing::DecodeHints { TryHarder: Some(true), ..rxing::DecodeHints::default() };
    rxing::helpers::detect_in_luma_with_hints(
        luma,
        width,
        height,
        Some(rxing::BarcodeFormat::QR_CODE),
        &mut hints,
    )
    .ok()
    .map(|result| result.getText().to_owned())
}

/// The class path of PDFBox preflight as Debian installs it.
pub(crate) fn preflight_class_path() -> Option<String> {
    let jars = [
        "preflight",
        "pdfbox2",
        "fontbox2",
        "xmpbox",
        "commons-logging",
        "javax.activation",
        "jaxb-api",
    ];
    let jars: Vec<String> = jars.iter().map(|jar| format!("/usr/share/java/{jar}.jar")).collect();
    if let Some(missing) = jars.iter().find(|jar| !Path::new(jar).exists()) {
        crate::skipped::without(format_args!("{missing} is missing"));
        return None;
    }
    Some(jars.join(":"))
}
