//! A page printer on the network loses its power in the middle of a certificate: what became of the sheet is a
//! person's question, and no second one is sent unasked.

use permit_kiosk::config::{self, Devices, PageConnection, Port};
use permit_kiosk::session::event::{Paper, PaperState};
use permit_kiosk::wire::v1::{Document, PrintStep};

use super::Lobby;
use crate::device::page_printer::network::Printer;

/// All others on the simulators' lines.
fn on_the_network(devices: &mut Devices, uri: &str) {
    let folder = devices.simulated.take().unwrap();
    let port = |name: &str| Port::Path(folder.join(name));
    devices.id_reader.as_mut().unwrap().line.port = port("id_reader");
    devices.scanner.as_mut().unwrap().line.port = port("scanner");
    devices.receipt_printer.as_mut().unwrap().line.port = port("receipt_printer");
    devices.panel.as_mut().unwrap().line.port = port("panel");
    let printer = devices.page_printer.as_mut().unwrap();
    printer.connection = PageConnection::Ipp { uri: uri.to_owned() };
    printer.paper = config::Paper::A4; // what the printer of CUPS has
}

#[test]
fn a_certificate_whose_printer_forgot_it_is_a_persons_question() {
    let Some(mut printer) = Printer::start() else { return };
    let uri = printer.uri.clone();
    let mut lobby = Lobby::with(move |devices| on_the_network(devices, &uri));
    printer.is_slow();
    let application = lobby.issue();
    printer.until_printing();
    printer.switch_off();
    printer.switch_on();
    printer.is_fast();
    lobby.until_paper(Paper::Original, |state| *state == PaperState::Unknown);
    assert_eq!(lobby.step(application, Document::Original), PrintStep::Unknown);
    lobby.until_fault("page.unconfirmed", true);
    lobby.until_printed(Paper::Copy);
    lobby.until_printed(Paper::Receipt);
    lobby.end();
}
