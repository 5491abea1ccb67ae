//! The views: the tables of [`super::table`] as files, filled record by record.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, SyncSender};
use std::thread::JoinHandle;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::bundle::FileEntry;
use super::csv::Csv;
use super::parquet::Parquet;
use super::table::{Read, TABLES, Table};
use super::writer::Error;
use super::xlsx::Xlsx;
use crate::wire::v1::Hash;

/// The forms of the views.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// A file a table, for spreadsheets and programs.
    Csv,
    /// One workbook.
    Xlsx,
    /// A file a table, for data tools.
    Parquet,
}

impl View {
    /// The word on command lines, and the files' ending.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Parquet => "parquet",
        }
    }
}

/// Views being written to a folder.
pub struct Views {
    folder: PathBuf,
    /// The folder inside it, which the files' paths name.
    inside: &'static str,
    tables: Vec<Tables>,
}

/// The tables of one view.
enum Tables {
    Csv(Vec<Filled<Csv<Hashing>>>),
    Parquet(Vec<Filled<Parquet<Hashing>>>),
    Xlsx(Box<Xlsx>, u64),
}

/// A table and its rows so far; its file exists from its first row on.
struct Filled<T> {
    table: Option<T>,
    rows: u64,
}

impl Views {
    /// Begins views.
    pub fn begin(folder: &Path, inside: &'static str, wanted: &[View]) -> Result<Self, Error> {
        let mut views = Vec::new();
        for view in wanted {
            make_folder(&folder.join(inside))?;
            views.push(match view {
                View::Csv => Tables::Csv(none()),
                View::Parquet => Tables::Parquet(none()),
                View::Xlsx => {
                    let xlsx = Xlsx::begin(&folder.join(inside));
                    let xlsx = xlsx.map_err(file("begin the workbook in", folder))?;
                    Tables::Xlsx(Box::new(xlsx), 0)
                }
            });
        }
        Ok(Self { folder: folder.to_owned(), inside, tables: views })
    }

    /// Adds the rows of a record; what its envelope holds too, where it is opened.
    pub fn show(&mut self, record: &str, opened: Option<Value>) -> Result<(), Error> {
        if self.tables.is_empty() {
            return Ok(());
        }
        let Some(read) = Read::of(record, opened) else { return Ok(()) };
        for (index, table) in TABLES.iter().enumerate().filter(|(_, t)| t.takes(read.kind())) {
            for view in &mut self.tables {
                let out = |ending| {
                    Hashing::create(&self.folder, &path_of(self.inside, table.name, ending))
                };
                match view {
                    Tables::Csv(tables) => {
                        let Some(filled) = tables.get_mut(index) else { continue };
                        let place = self.folder.join(self.inside).join(table.name);
                        let begin = || {
                            Csv::begin(out("csv")?, table.all_columns())
                                .map_err(file("write", &place))
                        };
                        filled
                            .add(&read, table, begin, Csv::row)?
                            .map_err(file("write", &place))?;
                    }
                    Tables::Parquet(tables) => {
                        let Some(filled) = tables.get_mut(index) else { continue };
                        let place = self.folder.join(self.inside).join(table.name);
                        let begin = || {
                            Parquet::begin(out("parquet")?, table.all_columns())
                                .map_err(file("write", &place))
                        };
                        filled
                            .add(&read, table, begin, Parquet::row)?
                            .map_err(file("write", &place))?;
                    }
                    Tables::Xlsx(xlsx, rows) => read
                        .rows(table, |cells| {
                            *rows += 1;
                            xlsx.row(index, cells)
                        })
                        .map_err(file("write the workbook in", &self.folder))?,
                }
            }
        }
        Ok(())
    }

    /// Ends the views.
    pub fn finish(self) -> Result<Vec<FileEntry>, Error> {
        let mut files = Vec::new();
        for view in self.tables {
            match view {
                Tables::Csv(tables) => {
                    for Filled { table, rows } in tables {
                        if let Some(csv) = table {
                            files.push(csv.finish().finish(Some(rows))?);
                        }
                    }
                }
                Tables::Parquet(tables) => {
                    for Filled { table, rows } in tables {
                        if let Some(parquet) = table {
                            let out = parquet.finish().map_err(file("write", &self.folder))?;
                            files.push(out.finish(Some(rows))?);
                        }
                    }
                }
                Tables::Xlsx(xlsx, rows) => {
                    let path = path_of(self.inside, "records", "xlsx");
                    let place = self.folder.join(&path);
                    let out = File::create_new(&place).map_err(file("make", &place))?;
                    xlsx.finish(BufWriter::new(&out)).map_err(file("write", &place))?;
                    out.sync_all().map_err(file("sync", &place))?;
                    // A zip goes back and forth: its digest is taken of what came of it.
                    let (sha256, bytes) = digest(&place)?;
                    files.push(FileEntry { path, sha256, bytes, rows: Some(rows) });
                }
            }
        }
        Ok(files)
    }
}

impl std::fmt::Debug for Views {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Views({})", self.folder.display())
    }
}

impl<T> Filled<T> {
    /// Adds the rows of a record; begins the table with the first.
    fn add(
        &mut self,
        read: &Read<'_>,
        table: &Table,
        begin: impl FnOnce() -> Result<T, Error>,
        mut row: impl FnMut(&mut T, &[super::table::Cell<'_>]) -> io::Result<()>,
    ) -> Result<io::Result<()>, Error> {
        let into = match &mut self.table {
            Some(into) => into,
            none => none.insert(begin()?),
        };
        Ok(read.rows(table, |cells| {
            self.rows += 1;
            row(into, cells)
        }))
    }
}

fn none<T>() -> Vec<Filled<T>> {
    TABLES.iter().map(|_| Filled { table: None, rows: 0 }).collect()
}

fn path_of(inside: &str, name: &str, ending: &str) -> String {
    if inside.is_empty() { format!("{name}.{ending}") } else { format!("{inside}/{name}.{ending}") }
}

/// A file written at once.
pub(super) fn small(
    folder: &Path,
    path: &str,
    bytes: &[u8],
    rows: Option<u64>,
) -> Result<FileEntry, Error> {
    let mut out = Hashing::create(folder, path)?;
    out.write_all(bytes).map_err(|source| out.error(source))?;
    out.finish(rows)
}

fn digest(path: &Path) -> Result<(Hash, u64), Error> {
    let mut input = File::open(path).map_err(file("open", path))?;
    let (mut sha256, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 64 * 1024]);
    loop {
        let read = input.read(&mut buffer).map_err(file("read", path))?;
        let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else { break };
        sha256.update(part);
        bytes += u64::try_from(read).unwrap_or_default();
    }
    Ok((Hash::from_bytes(sha256.finalize().into()), bytes))
}

pub(super) fn make_folder(path: &Path) -> Result<(), Error> {
    // Never what it lies in: where a stick is gone, that would be on the kiosk's own disk.
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map_err(file("make", path)),
    }
}

pub(super) fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { doing, path, source }
}

/// A file whose digest and length are taken while it is written.
pub(super) struct Hashing {
    out: BufWriter<Behind>,
    place: PathBuf,
    path: String,
}

/// Writes whole buffers and takes their digest behind the back of whoever makes the next ones.
struct Behind {
    give: Option<SyncSender<Vec<u8>>>,
    thread: Option<JoinHandle<io::Result<Written>>>,
}

/// What was written.
struct Written {
    sha256: Sha256,
    bytes: u64,
}

/// Bytes after which what was written goes to the disk: on a slow stick whoever waits sees it go on,
/// instead of waiting for all of it at the end. Twice as much may be on its way.
const SYNC_BYTES: u64 = 32 * 1024 * 1024;

impl Behind {
    /// Buffers on their way at most: with the one being filled 1 MB a file.
    const BUFFERS_MAX: usize = 2;

    fn new(file: File) -> Self {
        let (give, given) = mpsc::sync_channel::<Vec<u8>>(Self::BUFFERS_MAX);
        let thread = std::thread::spawn(move || {
            let mut file = file;
            let (mut written, mut synced) = (Written { sha256: Sha256::new(), bytes: 0 }, 0);
            // While one part goes to the disk the next is taken in.
            std::thread::scope(|scope| {
                let (sync, asked) = mpsc::sync_channel::<File>(1);
                let syncing =
                    scope.spawn(move || asked.iter().try_for_each(|file| file.sync_data()));
                for part in given {
                    file.write_all(&part)?;
                    written.sha256.update(&part);
                    written.bytes += u64::try_from(part.len()).unwrap_or_default();
                    if written.bytes - synced >= SYNC_BYTES {
                        synced = written.bytes;
                        // Nobody takes it where syncing has failed: then that is what is told.
                        if sync.send(file.try_clone()?).is_err() {
                            break;
                        }
                    }
                }
                drop(sync);
                syncing.join().expect("syncing a file does not panic: it has nothing to index")
            })?;
            file.sync_all()?;
            Ok(written)
        });
        Self { give: Some(give), thread: Some(thread) }
    }

    /// Waits until all of it is on the disk; or tells what went wrong, once.
    fn end(&mut self) -> io::Result<Written> {
        drop(self.give.take());
        let ended = self.thread.take().map(|thread| {
            thread.join().expect("writing a file does not panic: it has nothing to index")
        });
        ended.unwrap_or_else(|| Err(io::Error::other("it failed before")))
    }
}

impl Hashing {
    /// Bytes written at once.
    const BUFFER_BYTES: usize = 256 * 1024;

    pub(super) fn create(folder: &Path, path: &str) -> Result<Self, Error> {
        let place = folder.join(path);
        let out = File::create_new(&place).map_err(file("make", &place))?;
        let out = BufWriter::with_capacity(Self::BUFFER_BYTES, Behind::new(out));
        Ok(Self { out, place, path: path.to_owned() })
    }

    pub(super) fn error(&self, source: io::Error) -> Error {
        Error::File { doing: "write", path: self.place.clone(), source }
    }

    pub(super) fn finish(self, rows: Option<u64>) -> Result<FileEntry, Error> {
        let Self { out, place, path } = self;
        let out = out.into_inner().map_err(io::IntoInnerError::into_error);
        let written = out.and_then(|mut out| out.end()).map_err(file("write", &place))?;
        let sha256 = Hash::from_bytes(written.sha256.finalize().into());
        Ok(FileEntry { path, sha256, bytes: written.bytes, rows })
    }
}

impl Write for Hashing {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        self.out.write(part)
    }

    fn write_all(&mut self, part: &[u8]) -> io::Result<()> {
        self.out.write_all(part)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Write for Behind {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        let gone = match &self.give {
            Some(give) => give.send(part.to_vec()).is_err(),
            None => true,
        };
        if gone {
            // The thread ends early only with an error.
            self.end()?;
        }
        Ok(part.len())
    }

    /// What was given is written; it is on the disk when the file has ended.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
