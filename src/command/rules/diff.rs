//! `permit-kiosk rules diff`: what changed between two editions, in words a lawyer reads.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use permit_kiosk::domain::{Language, Verdict};
use permit_kiosk::rulebooks;
use permit_kiosk::rules::Rulebook;
use permit_kiosk::rules::diff::{
    Action, Answer, Aspect, Change, Diff, Edition, Effect, Example, Reuse, Sample, Step, Subject,
    Turn, Warning, diff,
};
use serde_json::Value as Json;

use super::words::{beside, language, pick, service, services, verdict};
use super::{WRONG, files, say};

/// Exit code where the editions differ, as diff(1) has it.
const DIFFERENT: u8 = 1;

/// Columns of each of two texts beside each other.
const HALF: usize = 46;

/// Say what changed between two editions, in words a lawyer reads.
///
/// Exit code 0: nothing differs. 1: something does. 2: one of them is no edition.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The edition before: its directory, or a published edition.
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The edition after: its directory, or a published edition.
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// The language of the words: zh or en.
    #[arg(long, value_name = "LANG", default_value = "zh", value_parser = language)]
    lang: Language,
    /// For machines: one JSON document.
    #[arg(long)]
    json: bool,
}

/// What changed between two editions, in words.
pub(super) fn words_of(
    (old_files, old): (&rulebooks::Files, &Rulebook),
    (new_files, new): (&rulebooks::Files, &Rulebook),
    language: Language,
) -> String {
    let found = diff(
        Edition { files: old_files, rulebook: old },
        Edition { files: new_files, rulebook: new },
    );
    Page::of(&found, language).join("\n")
}

pub(super) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut editions = Vec::new();
    for path in [&args.old, &args.new] {
        let files = files(path)?;
        match Rulebook::load(&files) {
            Ok(rulebook) => editions.push((files, rulebook)),
            Err(problems) => say(format!("{}:\n{problems}", path.display())),
        }
    }
    let [(old_files, old), (new_files, new)] = editions.as_slice() else {
        return Ok(ExitCode::from(WRONG));
    };
    let found = diff(
        Edition { files: old_files, rulebook: old },
        Edition { files: new_files, rulebook: new },
    );
    if args.json {
        say(serde_json::to_string_pretty(&found).context("cannot write the differences as JSON")?);
    } else {
        say(Page::of(&found, args.lang).join("\n"));
    }
    Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(DIFFERENT) })
}

/// The lines of the answer.
struct Page {
    language: Language,
    lines: Vec<String>,
}

impl Page {
    fn of(diff: &Diff, language: Language) -> Vec<String> {
        let mut page = Self { language, lines: Vec::new() };
        let (old, new) = (&diff.old, &diff.new);
        page.line(
            0,
            format!("{} ({}) → {} ({})", old.edition, old.issued, new.edition, new.issued),
        );
        if diff.is_empty() {
            page.line(0, page.pick("没有差别。", "Nothing differs."));
            return page.lines;
        }
        if !diff.warnings.is_empty() {
            page.heading("！！请先看这些", "!! LOOK AT THESE FIRST");
            for warning in &diff.warnings {
                let text = page.warning(warning);
                page.line(1, format!("! {text}"));
            }
        }
        for effect in
            [Effect::Stricter, Effect::Milder, Effect::Different, Effect::Worded, Effect::None]
        {
            page.effect(effect, &diff.changes);
        }
        page.examples(&diff.examples, diff.cases);
        page.lines
    }

    fn pick<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        pick(self.language, zh, en)
    }

    fn line(&mut self, depth: usize, text: impl AsRef<str>) {
        self.lines.push(format!("{}{}", "  ".repeat(depth), text.as_ref()));
    }

    fn heading(&mut self, zh: &str, en: &str) {
        self.lines.push(String::new());
        self.lines.push(self.pick(zh, en).to_owned());
    }

    fn effect(&mut self, effect: Effect, changes: &[Change]) {
        let mut concerned: Vec<&Change> =
            changes.iter().filter(|change| change.effect == effect).collect();
        if concerned.is_empty() {
            return;
        }
        match effect {
            Effect::Stricter => self.heading("决定更严", "DECIDED MORE STRICTLY"),
            Effect::Milder => self.heading("决定更宽", "DECIDED MORE MILDLY"),
            Effect::Different => self.heading(
                "决定可能不同（条文本身不能说明宽严，见下面的例子）",
                "DECIDED DIFFERENTLY (the text alone does not prove in which direction: see the examples)",
            ),
            Effect::Worded => self.heading("只是措辞不同", "ONLY WORDED DIFFERENTLY"),
            Effect::None => self.heading("不影响决定", "NO EFFECT ON DECISIONS"),
        }
        // By services; those of every service first, in the order found.
        let mut groups: Vec<&[String]> = Vec::new();
        for change in &concerned {
            if !groups.contains(&change.services.as_slice()) {
                groups.push(&change.services);
            }
        }
        groups.sort_by_key(|group| !group.is_empty());
        for group in groups {
            let name = if group.is_empty() {
                self.pick("通用", "In general").to_owned()
            } else {
                services(group, self.language)
            };
            self.line(1, format!("【{name}】"));
            for change in concerned.extract_if(.., |change| change.services == group) {
                self.change(change);
            }
        }
    }

    fn change(&mut self, change: &Change) {
        let action = match change.action {
            Action::Added => self.pick("新增", "added"),
            Action::Removed => self.pick("删除", "removed"),
            Action::Changed => self.pick("修改", "changed"),
        };
        let what = self.subject(change.subject);
        let title = change.title.as_ref().map(|title| title.get(self.language).to_owned());
        let named = match title {
            Some(title) if title != change.id => format!("{} 「{title}」", change.id),
            _ => change.id.clone(),
        };
        self.line(2, format!("· {action}{}{what} {named}", self.pick("", " ")));
        if change.subject == Subject::Rule {
            self.rule(change);
        }
        if change.subject == Subject::Law
            && change.action != Action::Changed
            && let Some(fit) = change.content.as_object().map(|law| self.fit(law))
            && !fit.is_empty()
        {
            self.line(3, fit);
        }
        for aspect in &change.aspects {
            self.aspect(aspect);
        }
        if change.subject == Subject::Parameter {
            for step in &change.steps {
                self.step(change, step);
            }
            if !change.readers.is_empty() {
                let readers = change.readers.iter().map(|reader| {
                    let effect = match reader.effect {
                        Effect::Stricter => self.pick("（更严）", " (stricter)"),
                        Effect::Milder => self.pick("（更宽）", " (milder)"),
                        Effect::Different => self.pick("（不同）", " (differently)"),
                        Effect::Worded => self.pick("（措辞）", " (words)"),
                        Effect::None => "",
                    };
                    format!("{}{effect}", reader.rule)
                });
                let readers: Vec<String> = readers.collect();
                let readers = readers.join(self.pick("、", ", "));
                self.line(3, format!("{}{readers}", self.pick("读取它的规则：", "read by: ")));
            }
        }
    }

    fn subject(&self, subject: Subject) -> &'static str {
        let (zh, en) = match subject {
            Subject::Manifest => ("版本说明", "manifest"),
            Subject::RuleSet => ("规则集", "rule set"),
            Subject::Law => ("可引用的法律", "law that may be cited"),
            Subject::Rule => ("规则", "rule"),
            Subject::Parameter => ("参数", "parameter"),
            Subject::Calendar => ("工作日历", "calendar"),
            Subject::Fallback => ("引擎用语", "engine's own finding"),
            Subject::Fact => ("事实项", "fact"),
            Subject::Words => ("取值表", "list of words"),
            Subject::Group => ("事项分组", "heading"),
            Subject::Entry => ("事项", "catalogue entry"),
            Subject::Field => ("问题", "question"),
            Subject::Told => ("一次告知", "told at once"),
            Subject::Promise => ("承诺书", "promise"),
            Subject::Case => ("案例", "case"),
            Subject::Other => ("其他内容", "other content"),
        };
        pick(self.language, zh, en)
    }

    /// What a rule means: of a changed one just its message, so that one knows which it is.
    fn rule(&mut self, change: &Change) {
        let language = match self.language {
            Language::Zh => "zh",
            Language::En => "en",
        };
        let both = |key: &str| {
            let text = change.content.get(key).and_then(|both| both.get(language));
            text.and_then(Json::as_str).unwrap_or_default().to_owned()
        };
        let text = |key: &str| change.content.get(key).map(|value| self.value(key, value));
        let (cite, outcome) = (text("cite"), text("outcome"));
        let (sets, when) = (text("rule_set"), text("when"));
        let dates = [("from", "自", "from "), ("until", "至", "until ")]
            .into_iter()
            .filter_map(|(key, zh, en)| Some(format!(" · {}{}", self.pick(zh, en), text(key)?)))
            .collect::<Vec<_>>()
            .concat();
        let message = both("message");
        let remedy = both("remedy");
        self.line(3, message);
        if change.action == Action::Changed {
            return;
        }
        self.line(
            3,
            format!(
                "→ {} · {} · {}{}",
                outcome.unwrap_or_default(),
                cite.unwrap_or_default(),
                sets.unwrap_or_default(),
                dates,
            ),
        );
        self.line(3, format!("{}{remedy}", self.pick("申请人可以：", "the applicant can: ")));
        let when = when.unwrap_or_default();
        self.line(3, self.pick("条件：", "when:"));
        for line in super::words::wrap(&when, 2 * HALF) {
            self.line(4, line);
        }
    }

    fn aspect(&mut self, aspect: &Aspect) {
        let name = self.key(&aspect.key);
        let turn = match aspect.turn {
            Some(Turn::Wider) => self.pick("（适用更广）", " (in more cases)"),
            Some(Turn::Narrower) => self.pick("（适用更窄）", " (in fewer cases)"),
            Some(Turn::Graver) => self.pick("（更重）", " (graver)"),
            Some(Turn::Milder) => self.pick("（更轻）", " (milder)"),
            Some(Turn::Other) | None => "",
        };
        let last = aspect.key.rsplit('.').next().unwrap_or_default();
        if let (Some(old), Some(new)) = (aspect.old.as_array(), aspect.new.as_array())
            && aspect.key != "not_in"
        {
            let only = |these: &[Json], others: &[Json]| -> Vec<String> {
                these
                    .iter()
                    .filter(|one| !others.contains(one))
                    .map(|one| self.value(last, one))
                    .collect()
            };
            let parts: Vec<String> = only(old, new)
                .into_iter()
                .map(|one| format!("−{one}"))
                .chain(only(new, old).into_iter().map(|one| format!("+{one}")))
                .collect();
            let parts = if parts.is_empty() {
                self.pick("顺序不同", "in another order").to_owned()
            } else {
                parts.join("  ")
            };
            self.line(3, format!("{name}{turn}{}{parts}", self.colon()));
            return;
        }
        let (old, new) = (self.value(last, &aspect.old), self.value(last, &aspect.new));
        if aspect.key == "not_in" {
            self.line(3, format!("{name}{}{new}", self.colon()));
        } else if aspect.key == "when" && old == new {
            // Only what a named part means differs: shown below.
            self.line(
                3,
                format!(
                    "{name}{turn}{}{}",
                    self.colon(),
                    self.pick("所引用的定义改变", "a part it names has changed")
                ),
            );
        } else if super::words::columns(&old) + super::words::columns(&new) < 2 * HALF
            && !old.contains('\n')
            && !new.contains('\n')
            && aspect.key != "when"
        {
            self.line(3, format!("{name}{turn}{}{old} → {new}", self.colon()));
        } else {
            self.line(3, format!("{name}{turn}{}", self.colon().trim_end()));
            for line in beside(&old, &new, HALF) {
                self.line(4, line);
            }
        }
    }

    fn step(&mut self, change: &Change, step: &Step) {
        let (old, new) = (&step.old, &step.new);
        let (value, zh, en) = if let (Some(old), Some(new)) = (old.as_array(), new.as_array()) {
            let only = |these: &[Json], others: &[Json], sign: &str| {
                let only = these.iter().filter(|one| !others.contains(one));
                only.map(|one| format!("{sign}{}", self.value("", one))).collect::<Vec<_>>()
            };
            let parts = [only(old, new, "−"), only(new, old, "+")].concat();
            (parts.join("  "), "", "")
        } else {
            (
                format!("{} → {}", self.value("", old), self.value("", new)),
                unit(&change.id).0,
                unit(&change.id).1,
            )
        };
        let unit = self.pick(zh, en);
        let from = match (self.language, step.until) {
            (Language::Zh, None) => format!("自 {} 起", step.from),
            (Language::Zh, Some(until)) => format!("{} 至 {until}", step.from),
            (Language::En, None) => format!("from {}", step.from),
            (Language::En, Some(until)) => format!("from {} until {until}", step.from),
        };
        let source = change.content.get("source");
        let one = |source: &Json| source.get(self.pick("zh", "en")).cloned();
        let source = source.and_then(|source| one(source).or_else(|| Some(source.clone())));
        let source = source.as_ref().and_then(Json::as_str).unwrap_or_default();
        let source = format!("{}{source}", self.pick("依据：", "source: "));
        self.line(
            3,
            match self.language {
                Language::Zh => format!("{value}{unit}，{from}（{source}）"),
                Language::En => format!("{value}{unit}, {from} ({source})"),
            },
        );
    }

    /// A property in words.
    fn key(&self, key: &str) -> String {
        let (first, rest) = key.split_once('.').map_or((key, ""), |(first, rest)| (first, rest));
        if let Some(name) = key.strip_prefix("define ") {
            return format!("{}{name}", self.pick("定义 ", "definition of "));
        }
        let (zh, en) = match first {
            "when" => ("条件", "condition"),
            "outcome" => ("结论", "outcome"),
            "applies" => ("适用事项", "services"),
            "rule_set" => ("所属规则集", "rule sets"),
            "not_in" => (
                "不再列入新的规则集，随旧规则集失效",
                "not written into the rule set that follows, and ceases with its own",
            ),
            "cite" => ("依据条文", "article"),
            "message" => ("告知内容", "message"),
            "remedy" => ("申请人可以", "what the applicant can do"),
            "due" | "due_workdays" => ("期限", "period"),
            "code" => ("代码", "code"),
            "overrides" => ("排除的规则", "overrides"),
            "source" => ("来源", "source"),
            "off" => ("放假", "days off"),
            "work" => ("调休上班", "worked weekends"),
            "notice" => ("通知", "notice"),
            "issued" => ("发布日", "issued"),
            "refresh_by" => ("应更新日", "to be refreshed by"),
            "reject_after" => ("停用日", "refers everything after"),
            "version" => ("版本号", "version"),
            "epoch" => ("代次", "epoch"),
            "verdict" => ("应得结论", "verdict expected"),
            "fired" => ("应告知的规则", "rules expected"),
            "today" => ("决定日", "day decided on"),
            "type" => ("类型", "type"),
            "words" if rest.is_empty() => ("词语", "words"),
            "from" => ("起始日", "first day"),
            "until" => ("截止日", "last day"),
            "text" => ("正文", "text"),
            "title" => ("标题", "title"),
            "label" => ("名称", "label"),
            "about" => ("所涉事项", "speaks of"),
            "is" => ("值", "value"),
            "name" => ("名称", "name"),
            "item" => ("经营项目", "item"),
            "marks" => ("标注", "marks"),
            "becomes" => ("变为", "becomes"),
            _ => return key.to_owned(),
        };
        let name = self.pick(zh, en).to_owned();
        if rest.is_empty() { name } else { format!("{name}.{rest}") }
    }

    /// A value in words.
    fn value(&self, key: &str, value: &Json) -> String {
        match value {
            Json::Null => self.pick("（无）", "(none)").to_owned(),
            Json::String(text) if key == "outcome" || key == "verdict" => {
                let found =
                    Verdict::ALL.into_iter().find(|one| one.as_str().eq_ignore_ascii_case(text));
                found.map_or_else(|| text.clone(), |found| verdict(found, self.language).to_owned())
            }
            Json::String(text) if key == "about" => about_words(text, self.language),
            Json::String(text) if key == "applies" || key == "service" => {
                if text == "any" {
                    services(&[], self.language)
                } else {
                    service(text, self.language)
                }
            }
            Json::String(text) => text.clone(),
            Json::Bool(truth) => {
                let (zh, en) = if *truth { ("是", "yes") } else { ("否", "no") };
                self.pick(zh, en).to_owned()
            }
            Json::Array(elements) => {
                let parts: Vec<String> = elements.iter().map(|one| self.value(key, one)).collect();
                parts.join(self.pick("、", ", "))
            }
            Json::Object(fields) if key == "cite" => self.cited(fields),
            Json::Object(fields) => {
                let parts = fields.iter().map(|(name, value)| {
                    format!("{}{}{}", self.key(name), self.colon(), self.value(name, value))
                });
                parts.collect::<Vec<_>>().join(self.pick("，", ", "))
            }
            Json::Number(_) => value.to_string(),
        }
    }

    /// An article with where it is cited: "食品安全法 第三十三条（食品，R2020，自 2023-12-01）".
    fn cited(&self, entry: &serde_json::Map<String, Json>) -> String {
        let article = entry.get("is").and_then(Json::as_str).unwrap_or_default();
        let fit = self.fit(entry);
        if fit.is_empty() {
            return article.to_owned();
        }
        match self.language {
            Language::Zh => format!("{article}（{fit}）"),
            Language::En => format!("{article} ({fit})"),
        }
    }

    /// For what and when a law or an article is cited; nothing where it always is.
    fn fit(&self, entry: &serde_json::Map<String, Json>) -> String {
        let list = |key: &str| {
            let all = entry.get(key).and_then(Json::as_array).into_iter().flatten();
            all.filter_map(Json::as_str).map(str::to_owned).collect::<Vec<_>>()
        };
        let about = list("about").into_iter().map(|about| about_words(&about, self.language));
        let day = |key: &str, word: &str| Some(format!("{word}{}", entry.get(key)?.as_str()?));
        about
            .chain(list("rule_set"))
            .chain(day("from", self.pick("自 ", "from ")))
            .chain(day("until", self.pick("至 ", "until ")))
            .collect::<Vec<_>>()
            .join(self.pick("，", ", "))
    }

    fn warning(&self, warning: &Warning) -> String {
        let zh = self.language == Language::Zh;
        let until = |until: &Option<jiff::civil::Date>| match (until, zh) {
            (Some(day), true) => format!("至 {day}"),
            (Some(day), false) => format!(" until {day}"),
            (None, _) => String::new(),
        };
        match warning {
            Warning::OtherRulebook { old, new } if zh => {
                format!("这是两部不同的规则书：{old} 与 {new}。")
            }
            Warning::OtherRulebook { old, new } => {
                format!("These are two different rulebooks: {old} and {new}.")
            }
            Warning::NumberNotRaised { old, new } if zh => {
                format!("内容不同而版本号没有增加（{old} → {new}）：已有旧版的终端不会采用它。")
            }
            Warning::NumberNotRaised { old, new } => {
                format!(
                    "The content differs and the number does not count up ({old} → {new}): no kiosk that has the old one takes it."
                )
            }
            Warning::RuleSetMoved { rule_set, old, new } if zh => {
                format!(
                    "规则集 {rule_set} 的起始日由 {old} 改为 {new}：其间受理的申请适用的法律随之改变。"
                )
            }
            Warning::RuleSetMoved { rule_set, old, new } => {
                format!(
                    "The first day of rule set {rule_set} moves from {old} to {new}: applications accepted in between are under another law."
                )
            }
            Warning::RuleSetRemoved { rule_set } if zh => {
                format!("规则集 {rule_set} 已删除：在其施行期间受理的申请不能再据以决定。")
            }
            Warning::RuleSetRemoved { rule_set } => {
                format!(
                    "Rule set {rule_set} is gone: applications accepted under it cannot be decided by it any more."
                )
            }
            Warning::PastValueEdited { parameter, from, until: last, old, new } => {
                let (old, new) = (self.value("", old), self.value("", new));
                if zh {
                    format!(
                        "参数 {parameter} 过去的值被改写：{from} 起{}由 {old} 改为 {new}。已受理的申请适用的法律被追溯改变；应当另加一个新的起始日。",
                        until(last)
                    )
                } else {
                    format!(
                        "A past value of {parameter} was edited in place: from {from}{} it was {old} and is now {new}. Applications already accepted get another law; add a value with a new first day instead.",
                        until(last)
                    )
                }
            }
            Warning::PastDaysEdited { days, count } => {
                let days: Vec<String> = days.iter().map(ToString::to_string).collect();
                let days = days.join(", ");
                if zh {
                    format!("日历中过去的 {count} 天被改写，已经告知的期限会不同：{days}")
                } else {
                    format!(
                        "{count} past days of the calendar were edited, and periods already told would differ: {days}"
                    )
                }
            }
            Warning::IdReused { rule, because, old, new } => {
                let what = match because {
                    Reuse::Code => self.pick("代码", "its code"),
                    Reuse::Services => self.pick("适用事项", "its services"),
                    Reuse::Facts => self.pick("所查事实", "the facts it reads"),
                };
                if zh {
                    format!(
                        "规则编号 {rule} 被用于别的含义（{what}：{old} → {new}）：编号写在多年的记录里，应当取新编号。"
                    )
                } else {
                    format!(
                        "The id {rule} means something else now ({what}: {old} → {new}): ids stand in records for decades, give it a new one."
                    )
                }
            }
            Warning::PromiseRewritten { version } if zh => {
                format!(
                    "承诺书 {version} 的内容改变而版本号未变：以前签署的承诺会显得是新内容；应当另立新版本。"
                )
            }
            Warning::PromiseRewritten { version } => {
                format!(
                    "The text of promise {version} changed under the same version: promises already signed would seem to say it. Give it a new version."
                )
            }
            Warning::RuleNotCarried { rule, into } if zh => {
                format!("规则 {rule} 没有写入其后的规则集 {}，将随旧规则集失效。", into.join("、"))
            }
            Warning::RuleNotCarried { rule, into } => {
                format!(
                    "Rule {rule} is not written into {}, which follows its rule set: it ceases with it.",
                    into.join(", ")
                )
            }
        }
    }

    fn examples(&mut self, examples: &[Example], cases: usize) {
        self.heading("用案例说明", "WHAT IT MEANS IN EXAMPLES");
        if examples.is_empty() {
            let text = match self.language {
                Language::Zh => format!("两版的 {cases} 个案例，结论全部相同。"),
                Language::En => format!("All {cases} cases of both editions come to the same."),
            };
            self.line(1, text);
            return;
        }
        let text = match self.language {
            Language::Zh => format!("两版共 {cases} 个案例，{} 个结论不同：", examples.len()),
            Language::En => format!(
                "Of {cases} cases of both editions, {} come to something else:",
                examples.len()
            ),
        };
        self.line(1, text);
        for example in examples {
            let of = match example.of {
                Sample::Both => "",
                Sample::Old => self.pick("（旧版案例）", " (a case of the old edition)"),
                Sample::New => self.pick("（新版案例）", " (a case of the new edition)"),
            };
            self.line(
                2,
                format!(
                    "· {} {}{of} — {}, {}",
                    example.case,
                    example.name,
                    service(&example.service, self.language),
                    example.today
                ),
            );
            for (name, answer) in
                [(self.pick("旧", "old"), &example.old), (self.pick("新", "new"), &example.new)]
            {
                let text = self.answer(answer);
                self.line(3, format!("{name}{}{text}", self.colon()));
            }
        }
    }

    fn colon(&self) -> &'static str {
        self.pick("：", ": ")
    }

    fn answer(&self, answer: &Answer) -> String {
        match answer {
            Answer::Decided { verdict: found, code, rules } => {
                format!("{} · {code} [{}]", verdict(*found, self.language), rules.join(", "))
            }
            Answer::Unbound { problems } => {
                format!(
                    "{}{}{}",
                    self.pick("事实不符合本版的事实表", "its schema cannot take the facts"),
                    self.colon(),
                    problems.join(self.pick("；", "; "))
                )
            }
        }
    }
}

/// The services before the slash, in words.
fn about_words(about: &str, language: Language) -> String {
    let (zh, en) = match about {
        "food" => ("食品经营", "food business"),
        "hygiene" => ("公共场所卫生", "public-place hygiene"),
        "combined" => ("一业一证", "combined permit"),
        other => return other.to_owned(),
    };
    pick(language, zh, en).to_owned()
}

/// The unit a parameter's name tells.
fn unit(parameter: &str) -> (&'static str, &'static str) {
    if parameter.ends_with("_workdays") {
        (" 个工作日", " working days")
    } else if parameter.ends_with("_days") {
        (" 天", " days")
    } else if parameter.ends_with("_m2") {
        (" 平方米", " m²")
    } else if parameter.ends_with("_years") {
        (" 年", " years")
    } else {
        ("", "")
    }
}
