//! Processes of the demonstration: each is this program again, or the virtual screen; each ends with it.

use std::fs::File;
use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};

/// A process that ends when this is dropped.
pub(super) struct Child {
    name: String,
    log: std::path::PathBuf,
    process: tokio::process::Child,
}

impl Child {
    /// Starts this program with a command; what it says goes into `logs/`.
    pub(super) fn start(
        dir: &Path,
        command: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("cannot find this program")?;
        let mut process = tokio::process::Command::new(program);
        process.arg(command).args(arguments).envs(environment.iter().copied());
        Self::spawn(dir, command, process)
    }

    /// Runs this program with a command to its end.
    pub(super) async fn complete(
        dir: &Path,
        command: &str,
        arguments: &[&str],
    ) -> anyhow::Result<()> {
        let mut child = Self::start(dir, command, arguments, &[])?;
        let status =
            child.process.wait().await.with_context(|| format!("cannot wait for {command}"))?;
        if !status.success() {
            bail!("`{command}` ended with {status}:\n{}", child.last_words());
        }
        Ok(())
    }

    pub(super) fn spawn(
        dir: &Path,
        name: &str,
        mut process: tokio::process::Command,
    ) -> anyhow::Result<Self> {
        let log = dir.join("logs").join(format!("{name}.log"));
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let also = file.try_clone().context("cannot share a log file")?;
        let process = process
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(also)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        Ok(Self { name: name.to_owned(), log, process })
    }

    /// Waits for the process to end by itself.
    pub(super) async fn wait(&mut self) -> anyhow::Result<ExitCode> {
        let status =
            self.process.wait().await.with_context(|| format!("cannot wait for {}", self.name))?;
        if status.success() {
            return Ok(ExitCode::SUCCESS);
        }
        bail!("`{}` ended with {status}:\n{}", self.name, self.last_words())
    }

    /// An error where the process has ended already.
    pub(super) fn still_runs(&mut self) -> anyhow::Result<()> {
        match self.process.try_wait().with_context(|| format!("cannot look at {}", self.name))? {
            None => Ok(()),
            Some(status) => {
                bail!("`{}` ended with {status}:\n{}", self.name, self.last_words())
            }
        }
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(8).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

/// A virtual screen.
pub(super) struct Xvfb {
    display: String,
    _process: Child,
}

impl Xvfb {
    /// Starts one on a display number that Xvfb itself finds free.
    pub(super) async fn start(dir: &Path, width: u32, height: u32) -> anyhow::Result<Self> {
        let number = dir.join("display");
        let mut process = tokio::process::Command::new("sh");
        // Xvfb writes the number it took to a file descriptor; a file keeps it for us to read.
        process.arg("-c").arg(format!(
            "exec Xvfb -displayfd 3 -screen 0 {width}x{height}x24 -nolisten tcp -noreset 3>'{}'",
            number.display()
        ));
        let mut process = Child::spawn(dir, "xvfb", process)
            .context("is the Debian package xvfb installed? `make deps` does it")?;
        let display = until(super::START, "Xvfb", async || {
            process.still_runs()?;
            let told = std::fs::read_to_string(&number).unwrap_or_default();
            Ok(told.ends_with('\n').then(|| format!(":{}", told.trim())))
        })
        .await?;
        Ok(Self { display, _process: process })
    }

    /// What `DISPLAY` must be.
    pub(super) fn display(&self) -> &str {
        &self.display
    }
}

/// Asks again and again until there is an answer, at most for `limit`.
pub(super) async fn until<T>(
    limit: Duration,
    what: &str,
    mut ask: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let asking = async {
        let mut beat = tokio::time::interval(Duration::from_millis(50));
        loop {
            beat.tick().await;
            if let Some(answer) = ask().await? {
                return Ok(answer);
            }
        }
    };
    match tokio::time::timeout(limit, asking).await {
        Ok(answer) => answer,
        Err(_elapsed) => bail!("waited {} s for {what}", limit.as_secs()),
    }
}
