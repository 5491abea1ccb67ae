//! The scripted applicant: looks at the real window, touches it, lays cards and phones down.
//!
//! It calls no function of the kiosk. Where a text stands it asks the kiosk's probe, which can press
//! nothing; the touches go through the X server (xdotool), cards and codes through the simulators'
//! control socket, phones through central's public pages.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use permit_kiosk::clock::{Clock as _, SystemClock};
use permit_kiosk::domain::Language;
use permit_kiosk::domain::calendar::date_in_china;
use permit_kiosk::rules::{Catalogue, FieldKind};
use permit_kiosk::ui::text::strings;
use serde::Deserialize;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

use super::child::until;
use crate::command::say;

/// A screen that does not change for so long is stuck.
const STUCK: Duration = Duration::from_mins(2);
/// How long a promise is read before it is signed: longer than `promise.read_seconds` of the rulebook.
const READING: Duration = Duration::from_secs(4);

/// One visit as it is written in `demo/visits.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Visit {
    /// Its name, for example `F01`.
    pub(super) name: String,
    /// What happens, in one line.
    pub(super) about: String,
    /// The catalogue entry chosen.
    entry: String,
    /// Who comes, by the key of `demo.json`.
    person: String,
    /// Whether the person shows an e-ID instead of a card.
    #[serde(default)]
    e_id: bool,
    /// For which business.
    business: String,
    /// What is answered: field → choice, choices, number, yes/no, or a day of this month.
    #[serde(default)]
    answers: BTreeMap<String, Value>,
    /// The verdict that must come of it.
    pub(super) verdict: String,
}

#[derive(Deserialize)]
struct Visits {
    visit: Vec<Visit>,
}

impl Visit {
    /// The named visits, in the order named.
    pub(super) fn read(file: &Path, names: &[String]) -> anyhow::Result<Vec<Self>> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        let all: Visits =
            toml::from_str(&text).with_context(|| format!("cannot read {}", file.display()))?;
        let find = |name: &String| {
            all.visit.iter().find(|visit| visit.name == *name).cloned().with_context(|| {
                let known: Vec<&str> = all.visit.iter().map(|visit| visit.name.as_str()).collect();
                format!("{} has no visit {name}; it has {}", file.display(), known.join(", "))
            })
        };
        names.iter().map(find).collect()
    }
}

/// What came of a visit.
pub(super) struct Made {
    pub(super) visit: Visit,
    /// What the kiosk's probe told at the decision.
    pub(super) decision: Value,
    /// Pictures of the screen, in order.
    pub(super) pictures: Vec<PathBuf>,
    /// Decoded prints: what it is and the picture.
    pub(super) papers: Vec<(String, PathBuf)>,
}

/// Somebody who stands before the window.
pub(super) struct Applicant {
    dir: PathBuf,
    display: String,
    phone: String,
    catalogue: Arc<Catalogue>,
    probe: Line,
    devices: Line,
    client: reqwest::Client,
    pictures: Vec<PathBuf>,
}

impl Applicant {
    /// Waits for the kiosk and the simulators to be there.
    pub(super) async fn at(
        dir: &Path,
        display: &str,
        pages: &str,
        catalogue: Arc<Catalogue>,
    ) -> anyhow::Result<Self> {
        let probe = Line::to(&dir.join("probe"), "the kiosk's window").await?;
        let devices = Line::to(&dir.join("devices/control"), "the simulated devices").await?;
        Ok(Self {
            dir: dir.to_owned(),
            display: display.to_owned(),
            phone: format!("{pages}/demo/phone"),
            catalogue,
            probe,
            devices,
            client: reqwest::Client::new(),
            pictures: Vec::new(),
        })
    }

    /// Makes a visit from the welcome screen to the welcome screen, acting on what is on the screen.
    pub(super) async fn make(&mut self, visit: &Visit) -> anyhow::Result<Made> {
        self.pictures.clear();
        let mut decision = Value::Null;
        let mut begun = false;
        loop {
            let now = self.stage().await?;
            if begun && now == "welcome" {
                break;
            }
            begun |= now != "welcome";
            if now == "welcome" {
                self.whole_kiosk().await?;
            }
            if now == "decided" {
                decision = self.decided(visit).await?;
            }
            self.picture(visit, &now).await?;
            say(format_args!("          {now}"));
            self.act(visit, &now).await?;
            self.leave(&now).await?;
        }
        if decision["verdict"].as_str() != Some(visit.verdict.as_str()) {
            bail!(
                "visit {} should end with {}, the screen said {decision}",
                visit.name,
                visit.verdict
            );
        }
        let papers = self.papers(visit, &decision).await?;
        Ok(Made {
            visit: visit.clone(),
            decision,
            pictures: std::mem::take(&mut self.pictures),
            papers,
        })
    }

    /// Waits until the welcome screen names nothing that does not work: devices take a moment to say
    /// that they are there.
    async fn whole_kiosk(&mut self) -> anyhow::Result<()> {
        self.find("primary").await?;
        let limits = strings(Language::Zh).limits_title;
        let probe = &mut self.probe;
        until(super::START, "all devices to work", async || {
            Ok((!probe.ask("texts").await?.contains(limits)).then_some(()))
        })
        .await
    }

    async fn act(&mut self, visit: &Visit, stage: &str) -> anyhow::Result<()> {
        match stage {
            "welcome" | "decided" | "done" | "ended" => self.touch("primary").await,
            "telling" => self.be_told().await,
            "choosing" => {
                let entry = self.catalogue.entry(&visit.entry);
                let entry = entry.with_context(|| format!("no entry `{}`", visit.entry))?;
                let group = format!("group:{}", entry.group);
                self.touch(&group).await?;
                self.touch(&format!("entry:{}", visit.entry)).await
            }
            "identifying" if visit.e_id => {
                self.show_code(&serde_json::json!({"person": visit.person, "show": "e_id"})).await
            }
            "identifying" => self.lay_card(&visit.person).await,
            "proving_business" => {
                self.take_card().await?;
                self.show_code(&serde_json::json!({
                    "person": visit.person, "show": "e_licence", "business": visit.business,
                }))
                .await
            }
            "filling" => self.fill(visit).await,
            "promising" => self.sign(visit).await,
            "rating" => self.touch("grade:5").await,
            // These pass by themselves.
            "looking_up" => Ok(()),
            other => bail!("the kiosk shows `{other}`, which the applicant does not know"),
        }
    }

    /// Reads what is told, page by page.
    async fn be_told(&mut self) -> anyhow::Result<()> {
        while self.stage().await? == "telling" {
            let before = self.probe.ask("texts").await?;
            self.touch("primary").await?;
            let probe = &mut self.probe;
            until(STUCK, "the next page of what is told", async || {
                Ok((probe.ask("texts").await? != before).then_some(()))
            })
            .await?;
        }
        Ok(())
    }

    /// Goes through the form page by page: answers the question that is asked, goes on where nothing
    /// is, until the form is gone.
    async fn fill(&mut self, visit: &Visit) -> anyhow::Result<()> {
        let mut open: Vec<(String, String, Value)> = visit
            .answers
            .iter()
            .map(|(key, answer)| {
                let field = self.catalogue.field(key);
                let field = field.with_context(|| format!("no question `{key}`"))?;
                Ok((key.clone(), field.label.zh.clone(), answer.clone()))
            })
            .collect::<anyhow::Result<_>>()?;
        // Every question has a page of its own; two more show what is known and what was said.
        for page in 0..2 * (visit.answers.len() + 4) {
            if self.stage().await? != "filling" {
                return Ok(());
            }
            let texts = self.probe.ask("texts").await?;
            let texts: Vec<String> =
                serde_json::from_str(&texts).with_context(|| format!("the probe says {texts}"))?;
            let asked = open.iter().position(|(_, label, _)| texts.contains(label));
            let is_overview = open.len() > 1 && asked.is_some() && {
                open.iter().filter(|(_, label, _)| texts.contains(label)).count() > 1
            };
            if let (Some(index), false) = (asked, is_overview) {
                let (key, _, answer) = open.remove(index);
                self.answer(&key, &answer).await?;
            }
            self.picture(visit, &format!("filling-{}", page + 1)).await?;
            self.touch("primary").await?;
        }
        bail!("the form of visit {} does not come to an end", visit.name)
    }

    async fn answer(&mut self, key: &str, answer: &Value) -> anyhow::Result<()> {
        let kind = self.catalogue.field(key).map(|field| &field.kind);
        match answer {
            // A day of the month that the calendar shows first.
            Value::Number(day) if matches!(kind, Some(FieldKind::Date)) => {
                let day = day.as_i64().and_then(|day| i8::try_from(day).ok());
                let day = day.with_context(|| format!("{key}: no day of a month"))?;
                let day = date_in_china(SystemClock.now()).with().day(day).build()?;
                self.touch(&format!("day:{day}")).await
            }
            Value::Number(number) => {
                for digit in number.to_string().chars() {
                    self.touch(&format!("key:{digit}")).await?;
                }
                Ok(())
            }
            Value::String(choice) => self.touch_on_pages(&format!("choice:{choice}")).await,
            Value::Bool(yes) => self.touch(if *yes { "yes" } else { "no" }).await,
            Value::Array(choices) => {
                for choice in choices {
                    let choice = choice.as_str().with_context(|| format!("{key}: no choice"))?;
                    self.touch_on_pages(&format!("choice:{choice}")).await?;
                }
                Ok(())
            }
            Value::Null | Value::Object(_) => {
                bail!("{key} cannot be answered with {answer}")
            }
        }
    }

    /// Reads, draws a name with a finger, then signs.
    async fn sign(&mut self, visit: &Visit) -> anyhow::Result<()> {
        tokio::time::sleep(READING).await;
        if self.look_for("signature").await.is_err() {
            self.touch("primary").await?;
        }
        let (x, y, width, height) = self.find("signature").await?;
        let at = |u: f32, v: f32| (x + width * u, y + height * v);
        // Three strokes that look like a hurried name.
        let strokes: [Vec<(f32, f32)>; 3] = [
            (0..14)
                .map(|i| 0.10 + 0.02 * f32_of(i))
                .map(|u| at(u, 0.35 + 0.2 * (u * 40.0).sin()))
                .collect(),
            (0..14).map(|i| at(0.45 + 0.01 * f32_of(i), 0.2 + 0.045 * f32_of(i))).collect(),
            (0..16)
                .map(|i| at(0.60 + 0.018 * f32_of(i), 0.6 - 0.2 * (f32_of(i) * 0.5).sin()))
                .collect(),
        ];
        for stroke in strokes {
            let mut arguments = Vec::new();
            for (index, (px, py)) in stroke.iter().enumerate() {
                arguments.extend(["mousemove".to_owned(), pixels(*px), pixels(*py)]);
                if index == 0 {
                    arguments.extend(["mousedown".to_owned(), "1".to_owned()]);
                }
            }
            arguments.extend(["mouseup".to_owned(), "1".to_owned()]);
            self.xdotool(&arguments).await?;
        }
        self.picture(visit, "signed").await?;
        self.touch("primary").await
    }

    /// Waits for the papers and reads the decision off the probe.
    async fn decided(&mut self, visit: &Visit) -> anyhow::Result<Value> {
        let probe = &mut self.probe;
        until(STUCK, &format!("the papers of visit {}", visit.name), async || {
            let told: Value = serde_json::from_str(&probe.ask("visit").await?)?;
            let settled = told["papers"].as_array().is_some_and(|papers| {
                !papers.is_empty()
                    && papers.iter().all(|paper| {
                        matches!(
                            paper["state"].as_str(),
                            Some("printed" | "unknown" | "not_available")
                        )
                    })
            });
            Ok(settled.then_some(told))
        })
        .await
    }

    async fn papers(
        &mut self,
        visit: &Visit,
        decision: &Value,
    ) -> anyhow::Result<Vec<(String, PathBuf)>> {
        let mut papers = Vec::new();
        let printed: Vec<String> = decision["papers"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|paper| paper["state"] == "printed")
            .filter_map(|paper| paper["paper"].as_str().map(str::to_owned))
            .collect();
        // The sheet that came out last lies on top.
        let is_printed = |name: &&str| printed.iter().any(|paper| paper == name);
        for (index, name) in ["copy", "original"].into_iter().filter(is_printed).enumerate() {
            let file = self.dir.join("pictures").join(format!("{}-paper-{name}.png", visit.name));
            self.command(&format!("dump page_printer {} {index}", file.display())).await?;
            papers.push((format!("certificate, {name}, from the bytes on the line"), file));
        }
        if printed.iter().any(|paper| matches!(paper.as_str(), "receipt" | "slip")) {
            let file = self.dir.join("pictures").join(format!("{}-paper-receipt.png", visit.name));
            self.command(&format!("dump receipt_printer {}", file.display())).await?;
            papers.push(("receipt, from the bytes on the line".to_owned(), file));
        }
        Ok(papers)
    }

    async fn lay_card(&mut self, person: &str) -> anyhow::Result<()> {
        self.command(&format!("id_reader place {person}")).await.map(drop)
    }

    async fn take_card(&mut self) -> anyhow::Result<()> {
        self.command("id_reader remove").await.map(drop)
    }

    /// Asks the phone for a fresh code and holds it before the scanner.
    async fn show_code(&mut self, wish: &Value) -> anyhow::Result<()> {
        let answer: Value = self
            .client
            .post(&self.phone)
            .json(wish)
            .send()
            .await
            .context("the phone cannot reach its service")?
            .json()
            .await
            .context("the phone's service answers nonsense")?;
        let code = answer["code"].as_str().with_context(|| format!("no code: {answer}"))?;
        self.command(&format!("scanner show {code}")).await.map(drop)
    }

    async fn command(&mut self, command: &str) -> anyhow::Result<String> {
        let answer = self.devices.ask(command).await?;
        if answer.starts_with("error") {
            bail!("the simulators say to `{command}`: {answer}");
        }
        Ok(answer)
    }

    async fn stage(&mut self) -> anyhow::Result<String> {
        self.probe.ask("stage").await
    }

    /// Waits until another stage is shown.
    async fn leave(&mut self, stage: &str) -> anyhow::Result<()> {
        let probe = &mut self.probe;
        until(STUCK, &format!("the screen to leave `{stage}`"), async || {
            Ok((probe.ask("stage").await? != stage).then_some(()))
        })
        .await
    }

    /// Touches the middle of something, turning pages until it is there.
    async fn touch_on_pages(&mut self, id: &str) -> anyhow::Result<()> {
        for _ in 0..12 {
            if let Ok(place) = self.look_for(id).await {
                return self.touch_at(place).await;
            }
            if let Ok(place) = self.look_for("later").await {
                self.touch_at(place).await?;
            }
        }
        self.touch(id).await
    }

    async fn touch(&mut self, id: &str) -> anyhow::Result<()> {
        let place = self.find(id).await?;
        self.touch_at(place).await
    }

    async fn touch_at(&mut self, place: (f32, f32, f32, f32)) -> anyhow::Result<()> {
        let (x, y, width, height) = place;
        self.xdotool(&[
            "mousemove".to_owned(),
            pixels(x + width / 2.0),
            pixels(y + height / 2.0),
            "click".to_owned(),
            "1".to_owned(),
        ])
        .await
    }

    /// Where something is, once it is there.
    async fn find(&mut self, id: &str) -> anyhow::Result<(f32, f32, f32, f32)> {
        let probe = &mut self.probe;
        until(Duration::from_secs(20), &format!("`{id}` to be on the screen"), async || {
            Ok(place(&probe.ask(&format!("find {id}")).await?).ok())
        })
        .await
    }

    async fn look_for(&mut self, id: &str) -> anyhow::Result<(f32, f32, f32, f32)> {
        place(&self.probe.ask(&format!("find {id}")).await?)
    }

    async fn xdotool(&self, arguments: &[String]) -> anyhow::Result<()> {
        let status = tokio::process::Command::new("xdotool")
            .args(arguments)
            .env("DISPLAY", &self.display)
            .status()
            .await
            .context("cannot run xdotool; `make deps` installs it")?;
        if !status.success() {
            bail!("xdotool {} ended with {status}", arguments.join(" "));
        }
        Ok(())
    }

    /// Takes a picture of the real window, as the X server shows it.
    async fn picture(&mut self, visit: &Visit, name: &str) -> anyhow::Result<()> {
        let number = self.pictures.len() + 1;
        let file = self.dir.join("pictures").join(format!("{}-{number:02}-{name}.png", visit.name));
        let status = tokio::process::Command::new("import")
            .args(["-window", "root", "-depth", "8"])
            .arg(&file)
            .env("DISPLAY", &self.display)
            .status()
            .await
            .context("cannot run import; `make deps` installs it with imagemagick")?;
        if !status.success() {
            bail!("import ended with {status}");
        }
        self.pictures.push(file);
        Ok(())
    }
}

/// One question, one answer, a line each, over a unix socket.
struct Line {
    what: String,
    stream: BufReader<UnixStream>,
}

impl Line {
    async fn to(socket: &Path, what: &str) -> anyhow::Result<Self> {
        let stream =
            until(super::START, what, async || Ok(UnixStream::connect(socket).await.ok())).await?;
        Ok(Self { what: what.to_owned(), stream: BufReader::new(stream) })
    }

    async fn ask(&mut self, question: &str) -> anyhow::Result<String> {
        let asking = async {
            self.stream.get_mut().write_all(format!("{question}\n").as_bytes()).await?;
            let mut answer = String::new();
            self.stream.read_line(&mut answer).await?;
            Ok::<_, std::io::Error>(answer)
        };
        let answer = tokio::time::timeout(Duration::from_secs(30), asking)
            .await
            .with_context(|| format!("{} does not answer `{question}`", self.what))?
            .with_context(|| format!("cannot ask {}", self.what))?;
        if answer.is_empty() {
            bail!("{} has gone", self.what);
        }
        Ok(answer.trim_end().to_owned())
    }
}

fn place(answer: &str) -> anyhow::Result<(f32, f32, f32, f32)> {
    let numbers: Vec<f32> = answer.split(' ').filter_map(|number| number.parse().ok()).collect();
    match numbers.as_slice() {
        &[x, y, width, height] => Ok((x, y, width, height)),
        _ => bail!("not there: {answer}"),
    }
}

fn pixels(value: f32) -> String {
    format!("{value:.0}")
}

#[expect(clippy::cast_precision_loss, reason = "counts points of a stroke, below a hundred")]
fn f32_of(index: i32) -> f32 {
    index as f32
}
