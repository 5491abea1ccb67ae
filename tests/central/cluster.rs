//! PostgreSQL servers of our own: a folder each, a socket in it, ended with the last test that uses them.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Weak};

/// Where Debian keeps the programs that are no commands.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
/// One server takes what the tests of all threads ask at once.
const SETTINGS: &str = "
listen_addresses = ''
max_connections = 300
shared_buffers = 64MB
wal_level = replica
wal_log_hints = on
wal_keep_size = 512MB
";

/// A running server.
pub(crate) struct Server {
    child: Child,
    /// Holds the socket and the data.
    pub(crate) folder: PathBuf,
}

impl Server {
    /// Starts a server on the data in `folder`. It ends with the pipe to it: also where this process is
    /// killed.
    pub(crate) fn start(folder: &Path) -> Self {
        let script = "\"$@\" & server=$!; cat >/dev/null; kill -QUIT $server; wait $server";
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh"]).args(as_user()).arg(format!("{PROGRAMS}/postgres"));
        command.arg("-D").arg(folder.join("data")).arg("-k").arg(folder);
        let log = std::fs::File::create(folder.join("log")).unwrap();
        command.stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log);
        let server = Self { child: command.spawn().unwrap(), folder: folder.to_owned() };
        let is_ready = || {
            let mut asked = Command::new(format!("{PROGRAMS}/pg_isready"));
            asked.arg("-q").arg("-h").arg(folder).status().unwrap().success()
        };
        for _ in 0..600 {
            if is_ready() {
                return server;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("no server: {}", std::fs::read_to_string(folder.join("log")).unwrap());
    }

    /// Runs a statement as the owner.
    pub(crate) fn run(&self, database: &str, sql: &str) -> String {
        let mut psql = Command::new(format!("{PROGRAMS}/psql"));
        psql.args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-U", "central", "-d", database, "-c", sql]);
        output(psql.arg("-h").arg(&self.folder))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        drop(self.child.wait());
    }
}

/// The server all tests of this process share, each with a database of its own.
pub(crate) struct Cluster {
    pub(crate) server: Server,
    _folder: tempfile::TempDir,
}

impl Cluster {
    /// The running one, or a new one; `None` where there is no PostgreSQL and nobody insists.
    pub(crate) fn shared() -> Option<Arc<Self>> {
        static RUNNING: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
        if !installed() {
            return None;
        }
        let mut running = RUNNING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(cluster) = running.upgrade() {
            return Some(cluster);
        }
        let folder = folder();
        initialise(folder.path());
        let cluster = Arc::new(Self { server: Server::start(folder.path()), _folder: folder });
        *running = Arc::downgrade(&cluster);
        Some(cluster)
    }

    /// The address of a new, empty database.
    pub(crate) fn database(&self) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("book{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        self.server.run("postgres", &format!("CREATE DATABASE {name} STRATEGY file_copy"));
        address(&[&self.server], &name)
    }
}

/// Whether there is a PostgreSQL; where there is none and nobody insists, that is said.
pub(crate) fn installed() -> bool {
    if Path::new(PROGRAMS).exists() {
        return true;
    }
    assert!(
        std::env::var_os("KIOSK_TEST_POSTGRES").is_none(),
        "PostgreSQL is not installed; `make deps` does it"
    );
    crate::skipped::here("PostgreSQL is not installed; `make deps` does it");
    false
}

/// The address of a database on several servers.
pub(crate) fn address(servers: &[&Server], database: &str) -> String {
    let hosts = servers.iter().map(|server| server.folder.to_str().unwrap().replace('/', "%2F"));
    let hosts: Vec<String> = hosts.collect();
    format!("postgresql://central@{}/{database}", hosts.join(","))
}

/// A folder the server's user may use.
pub(crate) fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    folder
}

/// Makes the data of a server in `folder`.
pub(crate) fn initialise(folder: &Path) {
    let mut initdb = user_command("initdb");
    initdb.args(["-k", "-N", "-A", "trust", "-U", "central", "-E", "UTF8", "--no-locale", "-D"]);
    output(initdb.arg(folder.join("data")));
    let path = folder.join("data/postgresql.conf");
    let mut settings = std::fs::OpenOptions::new().append(true).open(path).unwrap();
    settings.write_all(SETTINGS.as_bytes()).unwrap();
}

/// One of PostgreSQL's programs as the user it wants: never root.
pub(crate) fn user_command(program: &str) -> Command {
    let program = format!("{PROGRAMS}/{program}");
    let words = as_user();
    let mut command = match words.split_first() {
        Some((first, rest)) => {
            let mut command = Command::new(first);
            command.args(rest).arg(program);
            command
        }
        None => Command::new(program),
    };
    command.current_dir("/");
    command
}

fn as_user() -> Vec<&'static str> {
    if rustix::process::geteuid().is_root() {
        vec!["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    } else {
        vec![]
    }
}

pub(crate) fn output(command: &mut Command) -> String {
    let done = command.output().unwrap();
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}: {told}");
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}
