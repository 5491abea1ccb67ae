//! PJL: what is framed how, and answers that read the same however they arrive.

use permit_kiosk::device::page_printer::JobName;
use permit_kiosk::device::page_printer::pjl::{
    self, Condition, JobEnd, JobResult, Reply, ReplyParser, Status,
};

use crate::device::receipt_printer::Dots;

fn status(code: u32, online: bool) -> Reply {
    Reply::Status(Status { code, display: "X".to_owned(), online })
}

#[test]
fn a_job_is_framed_as_the_manual_says() {
    let name = JobName::new("K03-000017-1").unwrap();
    let bytes = pjl::job(&name, &[b"\x1bE...\x1bE".to_vec()]);
    let expected = "\x1b%-12345X@PJL\r\n\
        @PJL JOB NAME=\"K03-000017-1\"\r\n\
        @PJL SET COPIES=1\r\n\
        @PJL ENTER LANGUAGE=PCL\r\n\
        \x1bE...\x1bE\
        \x1b%-12345X@PJL\r\n\
        @PJL EOJ NAME=\"K03-000017-1\"\r\n\
        \x1b%-12345X";
    assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    let bytes = pjl::pdf_job(&name, "A4", b"%PDF-1.4 \x1b ... %%EOF\n").unwrap();
    let expected = "\x1b%-12345X@PJL\r\n\
        @PJL JOB NAME=\"K03-000017-1\"\r\n\
        @PJL SET COPIES=1\r\n\
        @PJL SET PAPER=A4\r\n\
        @PJL ENTER LANGUAGE=PDF\r\n\
        %PDF-1.4 \x1b ... %%EOF\n\
        \x1b%-12345X@PJL\r\n\
        @PJL EOJ NAME=\"K03-000017-1\"\r\n\
        \x1b%-12345X";
    assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    // What is in a file is not obeyed.
    let bad = b"%PDF-1.4 \x1b%-12345X@PJL EOJ %%EOF\n";
    assert_eq!(pjl::pdf_job(&name, "A4", bad), None);
    let expected = "\x1b%-12345X@PJL\r\n@PJL USTATUSOFF\r\n@PJL ECHO PK-1\r\n\x1b%-12345X";
    assert_eq!(String::from_utf8(pjl::resynchronise("PK-1")).unwrap(), expected);
    for bad in ["", "a\"b", "a b", "许可", &"x".repeat(81)] {
        assert_eq!(JobName::new(bad), None, "{bad}");
    }
}

/// As printers of three makers write it.
const ANSWERS: &str = "noise@PJL ECHO PK-00000000000000ff-1\r\n\x0c\
    @PJL INFO STATUS\r\nCODE=10001\r\nDISPLAY=\"X\"\r\nONLINE=TRUE\r\n\x0c\
    @PJL INFO PAGECOUNT\r\nPAGECOUNT=183933\r\n\x0c\
    @PJL INFO PAGECOUNT\r\n42\r\n\x0c\
    @PJL INFO ID\r\n\"HP LaserJet 4\"\r\n\x0c\
    @PJL USTATUS JOB\r\nSTART\r\nNAME=\"K-1\"\r\n\x0c\
    @PJL USTATUS PAGE\r\n1\r\n\x0c\
    @PJL USTATUS DEVICE\r\nCODE=40021\r\nDISPLAY=\"X\"\r\nONLINE=FALSE\r\n\x0c\
    @PJL USTATUS JOB\r\nCANCELED\r\nNAME=\"K-1\"\r\nID=346\r\nRESULT=USER_CANCELED\r\n\x0c\
    @PJL USTATUS JOB\r\nEND\r\nNAME=\"K-1\"\r\nPAGES=1\r\nID=346\r\nRESULT=OK\r\n\x0c\
    @PJL USTATUS JOB\r\nEND\r\n\x0c\
    @PJL CANCEL\r\n?\r\n\x0c\
    @PJL INFO MEMORY\r\n\"?\"\r\n\x0c\
    @PJL INFO CONFIG\r\nIN TRAYS [1 ENUMERATED]\r\n\tINTRAY1 PC\r\nLANGUAGES [2 ENUMERATED]\r\n\tPCL\r\n\tPDF\r\n\
    MEMORY=16777216\r\n\x0c\
    @PJL INFO STATUS\r\nCODE=red\r\n\x0c";

fn replies() -> Vec<Reply> {
    let end = |name: Option<&str>, pages, result| {
        Reply::JobEnded(JobEnd { name: name.map(str::to_owned), pages, result })
    };
    vec![
        Reply::Echo("PK-00000000000000ff-1".to_owned()),
        status(10001, true),
        Reply::PageCount(183_933),
        Reply::PageCount(42),
        Reply::Identity("HP LaserJet 4".to_owned()),
        Reply::JobStarted,
        Reply::PageDone,
        status(40021, false),
        Reply::JobCancelled,
        end(Some("K-1"), Some(1), JobResult::Ok),
        end(None, None, JobResult::Unstated),
        Reply::Unsupported("CANCEL".to_owned()),
        Reply::Unsupported("INFO MEMORY".to_owned()),
        Reply::Languages(vec!["PCL".to_owned(), "PDF".to_owned()]),
        Reply::Other(28),
    ]
}

#[test]
fn every_split_of_the_answers_reads_the_same() {
    let stream = ANSWERS.as_bytes();
    assert_eq!(ReplyParser::default().push(stream), replies());
    for a in 0..stream.len() {
        for b in (a..stream.len()).step_by(5) {
            let mut parser = ReplyParser::default();
            let parts = [&stream[..a], &stream[a..b], &stream[b..]];
            let parsed: Vec<Reply> = parts.into_iter().flat_map(|part| parser.push(part)).collect();
            assert_eq!(parsed, replies(), "split at {a} and {b}");
        }
    }
}

#[test]
fn noise_is_bounded_and_does_not_hide_the_next_answer() {
    for seed in 0..50 {
        let mut dots = Dots::seeded(seed);
        let mut parser = ReplyParser::default();
        let noise: Vec<u8> = (0..dots.below(9000)).map(|_| dots.next().to_le_bytes()[0]).collect();
        parser.push(&noise);
        parser.push(b"\x0c");
        assert_eq!(parser.push(b"@PJL ECHO a\r\n\x0c"), [Reply::Echo("a".to_owned())]);
    }
}

#[track_caller]
fn check_code(code: u32, online: bool, expected: Condition) {
    let status = Status { code, display: String::new(), online };
    assert_eq!(status.condition(), expected, "{code}");
}

#[test]
fn status_codes_mean_what_the_manual_says() {
    check_code(10001, true, Condition::Ready);
    check_code(10001, false, Condition::Intervention);
    check_code(10006, true, Condition::TonerLow);
    check_code(10023, true, Condition::Working);
    check_code(11203, true, Condition::TrayEmpty);
    check_code(35078, true, Condition::Ready);
    check_code(40010, false, Condition::TonerOut);
    check_code(40019, false, Condition::OutputFull);
    check_code(40021, false, Condition::CoverOpen);
    check_code(40022, false, Condition::Jam);
    check_code(40079, false, Condition::Intervention);
    check_code(41203, false, Condition::PaperOut);
    check_code(42202, false, Condition::Jam);
    check_code(50000, false, Condition::Hardware);
    check_code(0, true, Condition::Hardware);
}
