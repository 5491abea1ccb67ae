//! The serial ports of the machine, with what the USB adapters among them say of themselves.

use std::path::{Path, PathBuf};

use mio_serial::SerialPortType;

use crate::device::line::Error;

/// One serial port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SerialPort {
    /// Its device file.
    pub path: PathBuf,
    /// The USB adapter it belongs to, if it is one.
    pub usb: Option<UsbAdapter>,
}

/// A USB serial adapter, or a device with USB-CDC.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsbAdapter {
    /// Vendor id.
    pub vendor: u16,
    /// Product id.
    pub product: u16,
    /// Serial number; cheap adapters (CH340, PL2303) have none.
    pub serial: Option<String>,
    /// Who made it, as it says itself.
    pub maker: Option<String>,
    /// What it is, as it says itself.
    pub model: Option<String>,
    /// The socket it is plugged into, such as `1-2.3`: bus, then the ports on the way.
    pub socket: Option<String>,
}

impl SerialPort {
    /// What a person calls it: path, then adapter.
    pub fn describe(&self) -> String {
        let mut words = self.path.display().to_string();
        if let Some(usb) = &self.usb {
            let ids = format!("  USB {:04x}:{:04x}", usb.vendor, usb.product);
            words.push_str(&ids);
            for part in [&usb.maker, &usb.model, &usb.serial].into_iter().flatten() {
                words.push(' ');
                words.push_str(part);
            }
        }
        words
    }

    /// The USB socket it is plugged into, where that is known.
    pub fn socket(&self) -> Option<&str> {
        self.usb.as_ref()?.socket.as_deref()
    }

    /// How `devices.toml` names it for good, as key and value: the adapter where it can be told from
    /// all `others`, by its serial number or by its socket; else the path.
    pub fn setting(&self, others: &[Self]) -> (&'static str, String) {
        let path = ("port", self.path.display().to_string());
        let Some(usb) = &self.usb else { return path };
        let ids = format!("{:04x}:{:04x}", usb.vendor, usb.product);
        let twins = |same: &dyn Fn(&UsbAdapter) -> bool| {
            others
                .iter()
                .filter_map(|other| other.usb.as_ref())
                .filter(|other| {
                    (other.vendor, other.product) == (usb.vendor, usb.product) && same(other)
                })
                .count()
        };
        match (&usb.serial, &usb.socket) {
            _ if twins(&|_| true) <= 1 => ("usb", ids),
            (Some(serial), _) if twins(&|other| other.serial == usb.serial) <= 1 => {
                ("usb", format!("{ids}:{serial}"))
            }
            (_, Some(socket)) => ("usb", format!("{ids}@{socket}")),
            (_, None) => path,
        }
    }
}

/// The serial ports of the machine, by path.
pub fn list() -> Result<Vec<SerialPort>, Error> {
    let ports = serialport::available_ports().map_err(|source| Error::List { source })?;
    let mut ports: Vec<SerialPort> = ports
        .into_iter()
        .map(|port| SerialPort {
            usb: match port.port_type {
                SerialPortType::UsbPort(usb) => Some(UsbAdapter {
                    vendor: usb.vid,
                    product: usb.pid,
                    serial: usb.serial_number,
                    maker: usb.manufacturer,
                    model: usb.product,
                    socket: socket_of(Path::new(&port.port_name)),
                }),
                SerialPortType::PciPort
                | SerialPortType::BluetoothPort
                | SerialPortType::Unknown => None,
            },
            path: PathBuf::from(port.port_name),
        })
        .collect();
    ports.sort();
    Ok(ports)
}

/// The lines of a simulation: the symlinks in its folder.
pub fn simulated(folder: &Path) -> std::io::Result<Vec<SerialPort>> {
    let mut ports = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        // A line that is just being plugged in again has a second name for a moment, and may lose it
        // before it is looked at.
        if path.is_symlink() && path.extension().is_none() {
            ports.push(SerialPort { path, usb: None });
        }
    }
    ports.sort();
    Ok(ports)
}

/// Where the adapter of a port is plugged in, by the kernel's own tree.
fn socket_of(port: &Path) -> Option<String> {
    let name = port.file_name()?;
    let device = std::fs::canonicalize(Path::new("/sys/class/tty").join(name).join("device"));
    socket_in(&device.ok()?)
}

/// `…/usb1/1-2/1-2.3/1-2.3:1.0/ttyUSB0` is plugged into `1-2.3`.
fn socket_in(device: &Path) -> Option<String> {
    let is_socket = |part: &&str| {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        part.split_once('-').is_some_and(|(bus, ports)| digits(bus) && ports.split('.').all(digits))
    };
    device.iter().rev().filter_map(|part| part.to_str()).find(is_socket).map(str::to_owned)
}

/// The udev rules that give each of these ports a name for good: by the socket, for adapters without a
/// serial number are there twice sooner or later. (`/dev/serial/by-id` is made from serial numbers, and
/// was broken by systemd 252.)
pub fn udev_rule<'a>(ports: impl IntoIterator<Item = (&'a str, &'a SerialPort)>) -> String {
    let mut rules = String::from(
        "# Names of the kiosk's serial devices by the USB socket. Written by `permit-kiosk device discover`.\n\
         # Put it into /etc/udev/rules.d/70-permit-kiosk.rules, then: udevadm control --reload && udevadm trigger\n",
    );
    for (name, port) in ports {
        let rule = match port.usb.as_ref().and_then(|usb| usb.socket.as_deref()) {
            Some(socket) => format!(
                "SUBSYSTEM==\"tty\", SUBSYSTEMS==\"usb\", KERNELS==\"{socket}\", \
                 SYMLINK+=\"kiosk/{name}\"\n"
            ),
            None => format!(
                "# {name} at {} is on no USB socket: its path stays as it is.\n",
                port.path.display()
            ),
        };
        rules.push_str(&rule);
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapter(path: &str, serial: Option<&str>, socket: Option<&str>) -> SerialPort {
        SerialPort {
            path: PathBuf::from(path),
            usb: Some(UsbAdapter {
                vendor: 0x1a86,
                product: 0x7523,
                serial: serial.map(str::to_owned),
                maker: None,
                model: None,
                socket: socket.map(str::to_owned),
            }),
        }
    }

    #[test]
    fn the_socket_is_read_off_the_kernels_tree() {
        for (path, socket) in [
            (
                "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2.3/1-2.3:1.0/ttyUSB0",
                Some("1-2.3"),
            ),
            ("/sys/devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4:1.0", Some("1-4")),
            ("/sys/devices/pnp0/00:05", None),
        ] {
            assert_eq!(socket_in(Path::new(path)).as_deref(), socket, "{path}");
        }
    }

    #[test]
    fn a_port_is_named_by_what_tells_it_from_the_others() {
        let alone = adapter("/dev/ttyUSB0", None, Some("1-1"));
        let setting = |port: &SerialPort, others: &[SerialPort]| {
            let (key, value) = port.setting(others);
            format!("{key}={value}")
        };
        assert_eq!(setting(&alone, std::slice::from_ref(&alone)), "usb=1a86:7523");
        let twin = adapter("/dev/ttyUSB1", None, Some("1-2"));
        assert_eq!(setting(&alone, &[alone.clone(), twin]), "usb=1a86:7523@1-1");
        let numbered = adapter("/dev/ttyUSB2", Some("A1"), Some("1-3"));
        assert_eq!(setting(&numbered, &[alone.clone(), numbered.clone()]), "usb=1a86:7523:A1");
        let nowhere = adapter("/dev/ttyUSB3", None, None);
        assert_eq!(setting(&nowhere, &[alone, nowhere.clone()]), "port=/dev/ttyUSB3");
        let board = SerialPort { path: PathBuf::from("/dev/ttyS0"), usb: None };
        assert_eq!(setting(&board, &[]), "port=/dev/ttyS0");
    }
}
