//! What would be permitted, in the words that are printed: from the facts decided upon to a draft.

use serde_json::Value;

use super::{Terms, Visit};
use crate::domain::{Grant, Holder, PermitDraft, ServiceCode};

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

/// 经营项目 as printed.
const ITEMS: &[(&str, &str)] = &[
    ("sale_prepackaged", "预包装食品销售"),
    ("sale_bulk", "散装食品销售"),
    ("sale_bulk_and_prepackaged", "散装食品和预包装食品销售"),
    ("sale_special", "特殊食品销售"),
    ("sale_other", "其他类食品销售"),
    ("hot_food", "热食类食品制售"),
    ("cold_food", "冷食类食品制售"),
    ("raw_food", "生食类食品制售"),
    ("pastry", "糕点类食品制售"),
    ("semi_finished", "半成品制售"),
    ("self_made_drink", "自制饮品制售"),
    ("other_making", "其他类食品制售"),
    ("chain_sale_management", "食品销售连锁管理"),
    ("chain_catering_management", "餐饮服务连锁管理"),
    ("catering_management", "餐饮服务管理"),
];

/// Marks printed in brackets after an item.
const ITEM_MARKS: &[(&str, &str)] = &[
    ("chilled_frozen", "含冷藏冷冻食品"),
    ("cooked_bulk", "含散装熟食"),
    ("cold_meat", "含冷荤类"),
    ("cold_pastry", "含冷加工糕点"),
    ("decorated_cake", "含裱花蛋糕"),
    ("simple", "仅简单制售"),
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

/// The draft of what `facts` ask for; `None` where the service grants no new number at this kiosk or
/// a word is missing, and then nothing is issued.
pub(super) fn draft(terms: &Terms, visit: &Visit, facts: &Value) -> Option<PermitDraft> {
    let business = visit.business.as_ref()?;
    let service = visit.entry.as_ref()?.service;
    // The only address anybody has vouched for is the registered one. Where the applicant trades in
    // another street, no certificate may name it.
    let street = facts.pointer("/premises/division").and_then(Value::as_str);
    if street.is_some_and(|street| street != business.division.as_str()) {
        return None;
    }
    Some(PermitDraft {
        application: visit.application,
        holder: Holder {
            name: business.name.clone(),
            uscc: business.uscc.clone(),
            legal_representative: business.legal_representative.clone(),
            address: business.address.clone(),
        },
        premises: business.address.clone(),
        grant: grant(service, facts)?,
        issuer: terms.issuer.clone(),
        division: terms.division.clone(),
    })
}

fn grant(service: ServiceCode, facts: &Value) -> Option<Grant> {
    match service {
        ServiceCode::FoodNew | ServiceCode::FoodFile => food_grant(facts),
        ServiceCode::HygieneNew => {
            let place = word(PLACES, facts.pointer("/place/kind")?)?;
            Some(Grant::Hygiene { place: place.to_owned() })
        }
        // These keep a number the business holds already, or are recorded without one.
        ServiceCode::FoodChange
        | ServiceCode::FoodRenew
        | ServiceCode::FoodReissue
        | ServiceCode::FoodCancel
        | ServiceCode::FoodFileChange
        | ServiceCode::HygieneFile
        | ServiceCode::HygieneChange
        | ServiceCode::HygieneRenew
        | ServiceCode::HygieneReissue
        | ServiceCode::HygieneCancel
        | ServiceCode::CombinedNew
        | ServiceCode::CombinedChange
        | ServiceCode::CombinedShow => None,
    }
}

fn food_grant(facts: &Value) -> Option<Grant> {
    let items = facts.pointer("/application/items")?.as_array()?;
    let marks = facts.pointer("/application/subject_marks").and_then(Value::as_array);
    let only_prepackaged = items
        .iter()
        .all(|line| line.get("item").and_then(Value::as_str) == Some("sale_prepackaged"));
    if only_prepackaged {
        let wholesale = marks.is_some_and(|marks| marks.iter().any(|mark| mark == "wholesale"));
        return Some(Grant::Filing {
            trade: if wholesale { "批发" } else { "零售" }.to_owned()
        });
    }
    let subject = word(SUBJECTS, facts.pointer("/application/subject_types/0")?)?;
    let subject = with_marks(subject, SUBJECT_MARKS, marks);
    let items = items
        .iter()
        .map(|line| {
            let item = word(ITEMS, line.get("item")?)?;
            Some(with_marks(item, ITEM_MARKS, line.get("marks").and_then(Value::as_array)))
        })
        .collect::<Option<Vec<String>>>()?;
    Some(Grant::Food { subject, items })
}

fn word(words: &'static [(&str, &str)], key: &Value) -> Option<&'static str> {
    let key = key.as_str()?;
    words.iter().find(|(known, _)| *known == key).map(|(_, word)| *word)
}

/// `冷食类食品制售(含冷荤类)`: marks in the order of the table, so that the same facts print the same.
fn with_marks(word: &str, table: &[(&str, &str)], marks: Option<&Vec<Value>>) -> String {
    let printed: Vec<&str> = table
        .iter()
        .filter(|(key, _)| marks.is_some_and(|marks| marks.iter().any(|mark| mark == key)))
        .map(|(_, printed)| *printed)
        .collect();
    if printed.is_empty() { word.to_owned() } else { format!("{word}({})", printed.join("，")) }
}
