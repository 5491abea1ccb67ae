//! What would be permitted, in the words that are printed: from the facts decided upon to a draft.

use serde_json::Value;

use super::event::HeldPermit;
use super::{Terms, Visit, items, parts};
use crate::domain::{
    Action, Grant, Holder, Kept, LastDay, PermitDraft, PermitKind, PermitNumber, ServiceCode,
    Verdict,
};

/// 主体业态 as printed (食品经营许可和备案管理办法 12).
const SUBJECTS: &[(&str, &str)] = &[
    ("food_seller", "食品销售经营者"),
    ("caterer", "餐饮服务经营者"),
    ("canteen", "集中用餐单位食堂"),
];

/// Marks printed in brackets after the 主体业态.
const SUBJECT_MARKS: &[(&str, &str)] = &[
    ("wholesale", "批发"),
    ("online", "网络经营"),
    ("auto_machine", "利用自动设备"),
    ("central_kitchen", "中央厨房"),
    ("collective_delivery", "集体用餐配送"),
    ("school", "学校食堂"),
    ("kindergarten", "托幼机构食堂"),
    ("elderly_home", "养老机构食堂"),
    ("construction_site", "工地食堂"),
];

/// The 28 kinds as printed (公共场所卫生管理条例 2).
const PLACES: &[(&str, &str)] = &[
    ("hotel", "宾馆"),
    ("restaurant", "饭馆"),
    ("inn", "旅店"),
    ("guest_house", "招待所"),
    ("cart_inn", "车马店"),
    ("cafe", "咖啡馆"),
    ("bar", "酒吧"),
    ("teahouse", "茶座"),
    ("bath", "公共浴室"),
    ("hair_salon", "理发店"),
    ("beauty_salon", "美容店"),
    ("cinema", "影剧院"),
    ("video_hall", "录像厅(室)"),
    ("arcade", "游艺厅(室)"),
    ("dance_hall", "舞厅"),
    ("concert_hall", "音乐厅"),
    ("stadium", "体育场(馆)"),
    ("swimming_pool", "游泳场(馆)"),
    ("park", "公园"),
    ("exhibition_hall", "展览馆"),
    ("museum", "博物馆"),
    ("art_gallery", "美术馆"),
    ("library", "图书馆"),
    ("mall", "商场(店)"),
    ("bookshop", "书店"),
    ("clinic_waiting_room", "候诊室"),
    ("station_waiting_room", "候车(机、船)室"),
    ("public_transport", "公共交通工具"),
];

/// A 主体业态 and its marks by the words printed; `None` where one of them is unknown.
pub(super) fn subject_of(printed: &str) -> Option<(&'static str, Vec<&'static str>)> {
    let plain = printed.replace('（', "(").replace('）', ")");
    let (word, marks) = plain.split_once('(').unwrap_or((plain.as_str(), ""));
    let (subject, _) = SUBJECTS.iter().find(|(_, known)| *known == word)?;
    let marks = marks.trim_end_matches(')').split(['，', '、']).filter(|mark| !mark.is_empty());
    let mark = |mark| SUBJECT_MARKS.iter().find(|(_, known)| *known == mark).map(|(key, _)| *key);
    Some((*subject, marks.map(mark).collect::<Option<_>>()?))
}

/// What a change may touch without another word of the grant: what stands in the business register, and
/// what is reported without a change of the licence (食品经营许可和备案管理办法 30).
const CHANGES_NO_WORD: [&str; 9] = [
    "name",
    "legal_representative",
    "registered_address",
    "phone",
    "prepackaged_added",
    "online_sale",
    "warehouse",
    "school_supply",
    "machine_places",
];

/// 减少经营项目: the items that are kept are the form's.
const ITEMS_REDUCED: &str = "items_reduced";

/// The draft of what is granted on `facts`: a licence where the verdict says issue, a filing where it says
/// file. `None` where the service grants no new number at this kiosk or a word is missing, and then
/// nothing is issued.
pub(super) fn draft(
    terms: &Terms,
    visit: &Visit,
    facts: &Value,
    verdict: Verdict,
) -> Option<PermitDraft> {
    let business = visit.business.as_ref()?;
    let service = visit.entry.as_ref()?.service;
    let draft = PermitDraft {
        application: visit.application,
        holder: Holder {
            name: business.name.clone(),
            uscc: business.uscc.clone(),
            legal_representative: business.legal_representative.clone(),
            address: business.address.clone(),
        },
        premises: business.address.clone(),
        grant: Grant::Filing { trade: String::new() },
        issuer: terms.issuer.clone(),
        division: terms.division.clone(),
        kept: None,
    };
    let paper = service.grants(verdict)?;
    if let Some(kind) = service.held() {
        let held = own_permit(visit, kind)?;
        debug_assert_eq!(paper, kind, "a permit that is there is of the kind that is granted");
        return kept(draft, service.action(), kind, held, facts);
    }
    // The only address anybody has vouched for is the registered one. Where the applicant trades in
    // another street, no certificate may name it.
    if is_elsewhere(visit, facts) {
        return None;
    }
    if is_there(visit, paper) {
        return None;
    }
    let grant = if service == ServiceCode::CombinedNew {
        parts::grant(terms, visit, facts)
    } else {
        grant(service, facts, verdict)
    };
    Some(PermitDraft { grant: grant?, ..draft })
}

/// Whether the applicant trades in another street than the registered one.
pub(super) fn is_elsewhere(visit: &Visit, facts: &Value) -> bool {
    let street = facts.pointer("/premises/division").and_then(Value::as_str);
    let registered = visit.business.as_ref().map(|business| business.division.as_str());
    street.is_some() && street != registered
}

/// Whether the place has such a paper already, where no rule looks for one: a hygiene filing or a combined
/// permit that lives.
pub(super) fn is_there(visit: &Visit, kind: PermitKind) -> bool {
    match kind {
        PermitKind::Food | PermitKind::Filing | PermitKind::Hygiene => false,
        PermitKind::HygieneFiling | PermitKind::Combined => {
            let address = visit.business.as_ref().map(|business| business.address.as_str());
            own_permit(visit, kind).is_some_and(|held| {
                held.status == "valid" && Some(held.premises.as_str()) == address
            })
        }
    }
}

/// The permit of this kind the visit is about: of several the one that lives, else the last; an old one
/// that was revoked is history.
pub(super) fn own_permit(visit: &Visit, kind: PermitKind) -> Option<&HeldPermit> {
    let supervision = visit.supervision.as_ref()?;
    let own = supervision.permits.iter().filter(|permit| permit.kind == kind.as_str());
    own.max_by_key(|permit| {
        let last = permit.valid_to.unwrap_or(jiff::civil::Date::MAX);
        (permit.status == "valid", last, permit.issued)
    })
}

/// The draft of a permit that is there already, as the register has it: the words of the grant and the
/// place stay, the holder is as registered today; of items that are given up those are left which the form
/// keeps. `None` where the register does not say all of it, or where the act changes other words.
fn kept(
    draft: PermitDraft,
    action: Action,
    kind: PermitKind,
    held: &HeldPermit,
    facts: &Value,
) -> Option<PermitDraft> {
    let number = PermitNumber::parse(kind, &held.number).ok()?;
    let mut grant = match kind {
        PermitKind::Food => {
            Grant::Food { subject: held.subject.clone(), items: held.items.clone() }
        }
        PermitKind::Filing => Grant::Filing { trade: held.subject.clone() },
        PermitKind::Hygiene => Grant::Hygiene { place: held.subject.clone() },
        // No service changes one: a filing is made anew, and a combined permit follows its parts.
        PermitKind::HygieneFiling | PermitKind::Combined => return None,
    };
    let says_all = held.status == "valid"
        && !held.premises.is_empty()
        && !held.subject.is_empty()
        && (kind != PermitKind::Food || held.items.iter().any(|item| !item.is_empty()));
    if !says_all {
        return None;
    }
    let stays = LastDay::Stays(held.valid_to);
    let (issued, valid_to) = match action {
        Action::Change => {
            let kinds = facts.pointer("/application/change/kinds")?.as_array()?;
            let mut kinds = kinds.iter().map(|kind| kind.as_str().unwrap_or_default());
            if !kinds.clone().all(|k| CHANGES_NO_WORD.contains(&k) || k == ITEMS_REDUCED) {
                return None;
            }
            if kinds.any(|kind| kind == ITEMS_REDUCED) {
                let Grant::Food { items, .. } = &mut grant else { return None };
                *items = items_applied_for(facts)?;
            }
            (None, stays)
        }
        Action::Renew => (None, LastDay::Counted),
        Action::Reissue | Action::Cancel => (Some(held.issued?), stays),
        Action::New | Action::Show => return None,
    };
    let kept = Some(Kept { number, issued, valid_to });
    Some(PermitDraft { premises: held.premises.clone(), grant, kept, ..draft })
}

/// The kind of public place a licence was printed for.
pub(super) fn place(printed: &str) -> Option<&'static str> {
    PLACES.iter().find(|(_, as_printed)| *as_printed == printed).map(|(kind, _)| *kind)
}

fn grant(service: ServiceCode, facts: &Value, verdict: Verdict) -> Option<Grant> {
    let files = verdict == Verdict::File;
    match service {
        // Whichever of the two was chosen: the rules say which it is.
        ServiceCode::FoodNew | ServiceCode::FoodFile if files => Some(filing(facts)),
        ServiceCode::FoodNew | ServiceCode::FoodFile => licence(facts),
        ServiceCode::HygieneNew | ServiceCode::HygieneFile => {
            let place = word(PLACES, facts.pointer("/place/kind")?)?.to_owned();
            Some(if files { Grant::HygieneFiling { place } } else { Grant::Hygiene { place } })
        }
        // Recorded without a number, or of a permit that is there already; a combined one is made of its
        // parts.
        ServiceCode::FoodChange
        | ServiceCode::FoodRenew
        | ServiceCode::FoodReissue
        | ServiceCode::FoodCancel
        | ServiceCode::FoodFileChange
        | ServiceCode::HygieneChange
        | ServiceCode::HygieneRenew
        | ServiceCode::HygieneReissue
        | ServiceCode::HygieneCancel
        | ServiceCode::CombinedNew
        | ServiceCode::CombinedChange
        | ServiceCode::CombinedShow
        | ServiceCode::ResultShow => None,
    }
}

fn filing(facts: &Value) -> Grant {
    let marks = facts.pointer("/application/subject_marks").and_then(Value::as_array);
    let wholesale = marks.is_some_and(|marks| marks.iter().any(|mark| mark == "wholesale"));
    Grant::Filing { trade: if wholesale { "批发" } else { "零售" }.to_owned() }
}

fn licence(facts: &Value) -> Option<Grant> {
    let marks = facts.pointer("/application/subject_marks").and_then(Value::as_array);
    let subject = word(SUBJECTS, facts.pointer("/application/subject_types/0")?)?;
    let subject = items::with_marks(subject, SUBJECT_MARKS, marks);
    Some(Grant::Food { subject, items: items_applied_for(facts)? })
}

/// 经营项目 as the form has them, in the words printed.
fn items_applied_for(facts: &Value) -> Option<Vec<String>> {
    facts.pointer("/application/items")?.as_array()?.iter().map(items::printed).collect()
}

fn word(words: &'static [(&str, &str)], key: &Value) -> Option<&'static str> {
    let key = key.as_str()?;
    words.iter().find(|(known, _)| *known == key).map(|(_, word)| *word)
}
