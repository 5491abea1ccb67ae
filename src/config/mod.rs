//! The configuration of a kiosk and of central: what was written in `kiosk-config/*.toml`, and what it
//! means. Every problem of every file is found at once, each with its line and a remedy.

mod central;
mod devices;
mod edit;
mod kiosk;
mod problem;
mod written;

use std::path::Path;

pub use central::{Central, PermitBook, Registers};
pub use devices::{
    Devices, FlowControl, IdReader, Line, PageConnection, PagePrinter, Panel, Paper, Port,
    ReceiptPrinter, Scanner, ScannerCommands, ScannerSuffix,
};
/// The name of the file that says which devices there are.
pub const DEVICES_FILE: &str = devices::NAME;
pub use edit::{
    Change, EditError, Edited, ReplaceError, Setting, apply, choices, replace, settings,
};
pub use kiosk::{
    Backlight, Fonts, Kiosk, Limits, Numbers, Retention, Screen, SealProfile, SessionTimes, Speech,
};
pub use problem::{Problem, Problems};

use crate::durable;
use written::File;

/// Reads what a kiosk needs: `kiosk.toml` and `devices.toml`.
pub fn load_kiosk(folder: &Path) -> Result<(Kiosk, Devices), Problems> {
    let mut problems = Vec::new();
    let (kiosk_file, kiosk) = kiosk::read(folder);
    let (devices_file, devices) = read_devices(folder);
    problems.extend(kiosk_file.into_problems());
    problems.extend(devices_file.into_problems());
    match (kiosk, devices, Problems::of(problems)) {
        (Some(kiosk), Some(devices), None) => Ok((kiosk, devices)),
        (_, _, Some(problems)) => Err(problems),
        (_, _, None) => unreachable!("a value that is not there has noted why"),
    }
}

/// The text of a folder's `devices.toml` as it stands.
pub fn devices_text(folder: &Path) -> Result<String, durable::Error> {
    let bytes = durable::read_limited(&folder.join(devices::NAME), written::FILE_BYTES_MAX)?;
    // A file that is no UTF-8 is told by its reader, with the line.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads a text that is to become `devices.toml`.
pub fn devices_of(folder: &Path, text: &str) -> Result<Devices, Problems> {
    let (file, devices) = devices::read_text(folder, text);
    if let Some(devices) = &devices {
        devices::compare_ports(&file, devices);
    }
    match (devices, Problems::of(file.into_problems())) {
        (Some(devices), None) => Ok(devices),
        (_, Some(problems)) => Err(problems),
        (None, None) => unreachable!("a value that is not there has noted why"),
    }
}

/// Reads what central needs: `central.toml`.
pub fn load_central(folder: &Path) -> Result<Central, Problems> {
    let (file, central) = read_central(folder);
    match (central, Problems::of(file.into_problems())) {
        (Some(central), None) => Ok(central),
        (_, Some(problems)) => Err(problems),
        (None, None) => unreachable!("a value that is not there has noted why"),
    }
}

/// Checks a whole configuration folder, also where its files contradict each other. A folder with
/// only `central.toml` is central's; any other is a kiosk's, with or without `central.toml`. Gives
/// the names of the files checked.
pub fn check(folder: &Path) -> Result<Vec<&'static str>, Problems> {
    let is_there = |name: &str| folder.join(name).exists();
    let has_central = is_there(central::NAME);
    let is_kiosk = is_there(kiosk::NAME) || is_there(devices::NAME) || !has_central;

    let (kiosk, devices) = if is_kiosk {
        (Some(kiosk::read(folder)), Some(read_devices(folder)))
    } else {
        (None, None)
    };
    let central = has_central.then(|| read_central(folder));

    if let (Some((kiosk_file, Some(kiosk))), Some((central_file, Some(central)))) =
        (&kiosk, &central)
    {
        compare(kiosk_file, kiosk, central_file, central);
    }
    let files: Vec<File> =
        [kiosk.map(|(file, _)| file), devices.map(|(file, _)| file), central.map(|(file, _)| file)]
            .into_iter()
            .flatten()
            .collect();
    let names = files.iter().map(File::name).collect();
    match Problems::of(files.into_iter().flat_map(File::into_problems).collect()) {
        Some(problems) => Err(problems),
        None => Ok(names),
    }
}

fn read_devices(folder: &Path) -> (File, Option<Devices>) {
    let (file, devices) = devices::read(folder);
    if let Some(devices) = &devices {
        devices::compare_ports(&file, devices);
    }
    (file, devices)
}

fn read_central(folder: &Path) -> (File, Option<Central>) {
    let (file, central) = central::read(folder);
    if let Some(central) = &central {
        central::compare_addresses(&file, central);
    }
    (file, central)
}

/// Notes where a kiosk and the central beside it contradict each other.
fn compare(kiosk_file: &File, kiosk: &Kiosk, central_file: &File, central: &Central) {
    let there = |key: &str| match central_file.line_of(key) {
        Some(line) => format!("`{key}` in {} line {line}", central_file.name()),
        None => format!("`{key}` in {}", central_file.name()),
    };
    if kiosk.verify_host != central.web_host {
        kiosk_file.note_value(
            "seal.verify_host",
            format!(
                "QR codes would lead to {}, and central's pages are at {}",
                kiosk.verify_host, central.web_host
            ),
            "this host",
            format!("make it the same as {}", there("web.host")),
        );
    }
    let host = kiosk.central_url.trim_start_matches("https://");
    let (name, port) = host.rsplit_once(':').unwrap_or((host, "443"));
    let is_here = matches!(name, "localhost" | "127.0.0.1");
    let listens = central.api_listen.port();
    if is_here && listens != 0 && port != listens.to_string() {
        kiosk_file.note_value(
            "central.url",
            format!("the kiosk would call port {port}, and central listens at port {listens}"),
            "this port",
            format!("make it the same as {}", there("api.listen")),
        );
    }
    if kiosk.keys_folder == central.keys_folder {
        kiosk_file.note_value(
            "folders.keys",
            "kiosk and central would keep their keys in the same folder",
            "this folder",
            format!("give it another folder than {}", there("store.keys")),
        );
    }
}
