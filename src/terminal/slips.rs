//! What stands on the receipt and on the slips, from the recorded case: masked, in Chinese, and in
//! English below where the visit was in English.

use jiff::{Timestamp, civil::Date};

use crate::certificate::slip::{Align, Block, Size, Slip, SlipKind};
use crate::domain::calendar::{date_in_china, datetime_in_china};
use crate::domain::{Action, Bilingual, Decision, Language, MaskedName, Permit, Verdict};
use crate::session::data::{DataUse, Said, Source};
use crate::session::effect::Case;
use crate::session::event::Register;

/// What every slip says of the kiosk itself.
pub(super) struct Kiosk<'a> {
    pub(super) id: &'a str,
    pub(super) issuer: &'a str,
    pub(super) complaints: &'a str,
    pub(super) now: Timestamp,
    /// Not every certificate has come out: the receipt is what the rest is collected with.
    pub(super) papers_follow: bool,
}

/// The receipt of a finished case.
pub(super) fn receipt(kiosk: &Kiosk<'_>, case: &Case, permit: &Permit, page_url: &str) -> Slip {
    let mut paper = Paper::new(case.language);
    paper.head(kiosk, "办结回执", "Receipt");
    paper.pair("事项", case.service.title());
    paper.english(&case.title.en);
    paper.pair("名称", &permit.holder.name);
    paper.pair("信用代码", permit.holder.uscc.as_str());
    paper.pair("编号", &permit.number.to_string());
    if case.service.action() == Action::Cancel {
        paper.pair("注销日期", &day(date_in_china(kiosk.now)));
        paper.text(&Bilingual::new(
            "该证已经注销，编号不再使用。纸质证照请交回或者自行销毁。",
            "This permit has ended; its number is never used again. Hand in or destroy the paper.",
        ));
    } else {
        paper.pair("发证日期", &day(permit.issued));
        if let Some(valid_to) = permit.valid_to {
            paper.pair("有效期至", &day(valid_to));
        }
    }
    if case.service.action() == Action::Reissue {
        paper.text(&Bilingual::new(
            "原来的纸质证照作废。",
            "The paper certificate from before is void.",
        ));
    }
    paper.applicant(case);
    paper.blocks.push(Block::Rule);
    paper.reasons(&case.decision);
    paper.promise(case);
    if case.promise.is_some() {
        paper.small(&Bilingual::new(
            "您已签署告知承诺书。承诺不实的，将依法撤销许可并记入信用档案。",
            "You have signed the promise. An untrue promise leads to withdrawal by law.",
        ));
    }
    paper.blocks.push(Block::Rule);
    if kiosk.papers_follow {
        paper.centre("纸质证书凭本回执领取", Size::Large);
        paper.small(&Bilingual::new(
            "许可已经生效，电子证照可以扫码查看。本机没有打印出来的纸质证书，打印后由现场工作人员保管。",
            "The permit is valid; scan to see it. What the machine could not print for you now is printed and \
             kept for you by the staff here. Bring this receipt.",
        ));
        paper.blocks.push(Block::Rule);
    }
    paper.centre("扫码查验许可证当前状态", Size::Normal);
    paper.english_centre("Scan to see the permit's state today");
    paper.blocks.push(Block::Qr { text: page_url.to_owned() });
    paper.foot(kiosk, case);
    paper.finish(SlipKind::Receipt)
}

/// Which registers were asked about the applicant, when, for what, and what they answered, masked.
pub(super) fn data_receipt(kiosk: &Kiosk<'_>, case: &Case, data: &[DataUse]) -> Slip {
    let mut paper = Paper::new(case.language);
    paper.head(kiosk, "个人信息查询清单", "Your data in this visit");
    paper.pair("用途", case.service.title());
    paper.english(&case.title.en);
    paper.applicant(case);
    for line in data {
        paper.blocks.push(Block::Rule);
        let (source, said) = (source(line.source), said(&line.said));
        paper.text(&source);
        paper.pair("时间", &minute(line.asked_at));
        if let Some(taken_at) = line.stood_in {
            paper.pair("断网，所用副本", &minute(taken_at));
            paper.english("from a signed copy of the register, for there was no network");
        }
        paper.pair("结果", &said.zh);
        paper.english(&said.en);
    }
    paper.blocks.push(Block::Rule);
    paper.small(&Bilingual::new(
        "只为办理本次事项查询，法定依据和保存期限见受理时的告知。您可以要求查阅、更正。",
        "Asked for this application alone. You may ask to see and correct what is kept about you.",
    ));
    paper.foot(kiosk, case);
    paper.finish(SlipKind::Data)
}

fn source(source: Source) -> Bilingual {
    match source {
        Source::Card => Bilingual::new("身份证（本机读取）", "Your ID card, read here"),
        Source::ElectronicId => Bilingual::new("电子身份", "Electronic identity"),
        Source::ElectronicLicence => Bilingual::new("电子营业执照", "Electronic business licence"),
        Source::Register(Register::Business) => {
            Bilingual::new("营业执照数据库", "Business register")
        }
        Source::Register(Register::FoodAndDrug) => {
            Bilingual::new("食品药品业务系统", "Food and drug register")
        }
        Source::Register(Register::MicroService) => {
            Bilingual::new("张店区微服务管理系统", "District register")
        }
    }
}

fn said(said: &Said) -> Bilingual {
    match said {
        Said::Nothing | Said::Unanswered => Bilingual::new("没有答复", "no answer"),
        Said::Refused => Bilingual::new("没有接受", "not accepted"),
        Said::Person { name, id } => Bilingual::new(format!("{name} {id}"), format!("{name} {id}")),
        Said::Licence { uscc } => Bilingual::new(uscc.as_str(), uscc.as_str()),
        Said::Business { name: Some(name) } => Bilingual::new(name.as_str(), name.as_str()),
        Said::Business { name: None } => Bilingual::new("没有登记", "no such business"),
        Said::Supervision { bans, permits } => Bilingual::new(
            format!("限制 {bans} 项，证照 {permits} 份"),
            format!("{bans} bans, {permits} permits"),
        ),
        Said::District { open_penalty_case, open_applications } => {
            let (zh, en) = if *open_penalty_case { ("有", "a") } else { ("无", "no") };
            Bilingual::new(
                format!("{zh}未结案件，在办 {open_applications} 件"),
                format!("{en} penalty case open, {open_applications} applications under way"),
            )
        }
    }
}

/// The slip of a decision that grants nothing: who goes on with it, why, and what to do.
pub(super) fn explanation(kiosk: &Kiosk<'_>, case: &Case) -> Slip {
    let (kind, title) = match case.decision.verdict {
        Verdict::Refer | Verdict::ReferOnsite => {
            (SlipKind::Referral, Bilingual::new("收件凭据", "Accepted: a person decides"))
        }
        // The machine proposes; an officer confirms before anybody is refused (PIPL 24(3)).
        Verdict::RefuseAccept => {
            (SlipKind::Referral, Bilingual::new("收件凭据", "Received: an officer will decide"))
        }
        Verdict::Supplement => {
            (SlipKind::Supplement, Bilingual::new("一次性告知", "What is still missing"))
        }
        Verdict::Stop
        | Verdict::NotCompetent
        | Verdict::NotRequired
        | Verdict::NewApplication
        | Verdict::TooEarly
        | Verdict::FixOnSpot
        | Verdict::ShowPartial
        | Verdict::OfferRegistration
        | Verdict::File
        | Verdict::Issue => (SlipKind::Data, Bilingual::new("办事告知", "What applies to you")),
    };
    let mut paper = Paper::new(case.language);
    paper.head(kiosk, &title.zh, &title.en);
    paper.pair("事项", case.service.title());
    paper.english(&case.title.en);
    if let Some(business) = &case.business {
        paper.pair("名称", &business.name);
        paper.pair("信用代码", business.uscc.as_str());
    }
    paper.applicant(case);
    paper.blocks.push(Block::Rule);
    paper.reasons(&case.decision);
    paper.foot(kiosk, case);
    paper.finish(kind)
}

/// A slip that is being written.
struct Paper {
    blocks: Vec<Block>,
    language: Language,
}

impl Paper {
    fn new(language: Language) -> Self {
        Self { blocks: Vec::new(), language }
    }

    fn head(&mut self, kiosk: &Kiosk<'_>, title: &str, english: &str) {
        self.centre(kiosk.issuer, Size::Normal);
        self.blocks.push(Block::Text {
            text: title.to_owned(),
            size: Size::Title,
            bold: true,
            align: Align::Centre,
        });
        self.english_centre(english);
        self.blocks.push(Block::Rule);
    }

    fn applicant(&mut self, case: &Case) {
        self.pair("申请人", &MaskedName::of(case.applicant.name.reveal()).to_string());
        self.pair("证件号码", &case.applicant.id_masked);
    }

    /// Everything that may be shown, with its article, what to do and until when.
    fn reasons(&mut self, decision: &Decision) {
        for finding in decision.shown() {
            self.text(&finding.message);
            if !finding.remedy.zh.is_empty() {
                self.text(&finding.remedy);
            }
            if let Some(due) = finding.due {
                let provisional = if due.provisional { "（暂定）" } else { "" };
                self.pair("期限", &format!("{}{provisional}", day(due.date)));
            }
            if let Some(citation) = finding.citation {
                self.blocks.push(Block::Text {
                    text: format!("依据：{citation}"),
                    size: Size::Small,
                    bold: false,
                    align: Align::Left,
                });
            }
        }
    }

    /// A copy of what was promised, with the signature under it.
    fn promise(&mut self, case: &Case) {
        let (Some(promise), Some(text)) = (&case.promise, &case.promise_text) else { return };
        self.blocks.push(Block::Rule);
        self.centre("告知承诺书（副本）", Size::Large);
        self.english_centre("Your promise (copy)");
        self.small(text);
        self.pair("签署时间", &minute(promise.signed_at));
        let strokes = promise.signature.strokes.iter().map(|stroke| stroke.0.clone()).collect();
        self.blocks.push(Block::Signature { strokes });
        let digest = promise.text_digest.get(..16).unwrap_or_default();
        self.pair("文本校验", &format!("{} {digest}…", promise.text_version));
        self.blocks.push(Block::Rule);
    }

    fn foot(&mut self, kiosk: &Kiosk<'_>, case: &Case) {
        self.blocks.push(Block::Rule);
        self.pair("申请编号", &case.application.short());
        self.pair("终端", kiosk.id);
        self.pair("时间", &minute(kiosk.now));
        self.centre(&format!("咨询、投诉：{}", kiosk.complaints), Size::Normal);
        self.centre("演示　非正式凭证", Size::Small);
        self.blocks.push(Block::Feed { mm: 6 });
    }

    fn finish(self, kind: SlipKind) -> Slip {
        Slip { kind, blocks: self.blocks }
    }

    fn pair(&mut self, label: &str, value: &str) {
        self.blocks.push(Block::Pair { label: label.to_owned(), value: value.to_owned() });
    }

    fn text(&mut self, text: &Bilingual) {
        self.blocks.push(Block::Text {
            text: text.zh.clone(),
            size: Size::Normal,
            bold: false,
            align: Align::Left,
        });
        self.english(&text.en);
    }

    fn small(&mut self, text: &Bilingual) {
        self.blocks.push(Block::Text {
            text: text.zh.clone(),
            size: Size::Small,
            bold: false,
            align: Align::Left,
        });
        self.english(&text.en);
    }

    fn centre(&mut self, text: &str, size: Size) {
        self.blocks.push(Block::Text {
            text: text.to_owned(),
            size,
            bold: false,
            align: Align::Centre,
        });
    }

    fn english(&mut self, text: &str) {
        self.english_at(text, Align::Left);
    }

    fn english_centre(&mut self, text: &str) {
        self.english_at(text, Align::Centre);
    }

    fn english_at(&mut self, text: &str, align: Align) {
        if self.language == Language::En && !text.is_empty() {
            self.blocks.push(Block::Text {
                text: text.to_owned(),
                size: Size::Small,
                bold: false,
                align,
            });
        }
    }
}

fn day(date: Date) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

fn minute(at: Timestamp) -> String {
    datetime_in_china(at).strftime("%Y-%m-%d %H:%M").to_string()
}
