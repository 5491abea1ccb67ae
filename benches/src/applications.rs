//! Applications made by chance with a seed: complete ones, and ones with everything that goes wrong.

use jiff::civil::{Date, date};
use serde_json::{Value, json};

use crate::domain::Uscc;

/// The day they are decided.
pub const TODAY: Date = date(2026, 11, 23);

/// `SplitMix64`.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit).unwrap_or(1)).unwrap_or_default()
    }

    fn of<'l>(&mut self, list: &'l [&'l str]) -> &'l str {
        list[self.below(list.len())]
    }

    /// Once in so many times.
    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn some(&mut self, list: &[&str], most: usize) -> Vec<String> {
        let count = self.below(most + 1);
        let mut some: Vec<String> = (0..count).map(|_| self.of(list).to_owned()).collect();
        // Facts name a thing once.
        some.sort();
        some.dedup();
        some
    }

    fn day(&mut self, first: usize, years: usize) -> String {
        let (year, month, day) =
            (first + self.below(years), 1 + self.below(12), 1 + self.below(28));
        format!("{year}-{month:02}-{day:02}")
    }
}

const ITEMS: [&str; 18] = [
    "sale_prepackaged",
    "sale_bulk",
    "sale_bulk_and_prepackaged",
    "sale_special",
    "sale_other",
    "hot_food",
    "cold_food",
    "raw_food",
    "pastry",
    "semi_finished",
    "self_made_drink",
    "other_making",
    "chain_sale_management",
    "chain_catering_management",
    "catering_management",
    "agricultural",
    "medical_formula",
    "own_products",
];
const MARKS: [&str; 10] = [
    "chilled_frozen",
    "cooked_bulk",
    "cold_meat",
    "cold_pastry",
    "decorated_cake",
    "simple",
    "raw_milk",
    "pressure_container",
    "home_brewed",
    "raw_aquatic",
];
const SUBJECT_MARKS: [&str; 9] = [
    "wholesale",
    "online",
    "auto_machine",
    "central_kitchen",
    "collective_delivery",
    "school",
    "kindergarten",
    "elderly_home",
    "construction_site",
];
const PLACES: [&str; 28] = [
    "hotel",
    "restaurant",
    "inn",
    "guest_house",
    "cart_inn",
    "cafe",
    "bar",
    "teahouse",
    "bath",
    "hair_salon",
    "beauty_salon",
    "cinema",
    "video_hall",
    "arcade",
    "dance_hall",
    "concert_hall",
    "stadium",
    "swimming_pool",
    "park",
    "exhibition_hall",
    "museum",
    "art_gallery",
    "library",
    "mall",
    "bookshop",
    "clinic_waiting_room",
    "station_waiting_room",
    "public_transport",
];

/// One application.
pub fn application(random: &mut Random) -> Value {
    let food = !random.once_in(3);
    // Two thirds have the two or three things most people come for; the others anything.
    let plain = !random.once_in(3);
    let items: Vec<Value> = (0..usize::from(food) * (1 + random.below(4))
        - usize::from(food && random.once_in(30)))
        .map(|_| {
            let item = if plain { random.of(&ITEMS[..7]) } else { random.of(&ITEMS) };
            let marks = if plain { random.some(&MARKS[5..6], 1) } else { random.some(&MARKS, 3) };
            json!({ "item": item, "marks": marks })
        })
        .collect();
    let mut application = json!({
        "service": if food { "food/new" } else { "hygiene/new" },
        "wants_person": random.once_in(20),
        "wants_licence": random.once_in(3),
        "subject_types": if random.once_in(15) {
            random.some(&["food_seller", "caterer", "canteen"], 3)
        } else {
            vec![random.of(&["food_seller", "caterer", "canteen"]).to_owned()]
        },
        "subject_marks": if random.once_in(4) { random.some(&SUBJECT_MARKS, 3) } else { Vec::new() },
        "items": items,
        "machines": if random.once_in(6) {
            json!([{ "division": "370303002", "address": "柳泉路100号" }])
        } else {
            json!([])
        },
        "parts": [],
    });
    if random.once_in(8) {
        application["accepted_on"] = json!(random.day(2026, 2));
    }
    if !random.once_in(8) {
        application["food_safety_manager"] = json!(!random.once_in(8));
    }
    if !food && random.once_in(2) {
        application["opened_on"] = json!(random.day(2026, 1));
    }
    let mut applicant = json!({
        "document": random.of(&["resident", "hmt", "foreigner"]),
        "birth": if random.once_in(15) { random.day(2005, 10) } else { random.day(1955, 50) },
        "role": random.of(&["legal_representative", "legal_representative", "agent", "none"]),
    });
    if !random.once_in(5) {
        applicant["document_valid_to"] = json!(random.day(2026, 14));
    }
    if random.once_in(3) {
        applicant["grant"] = json!({
            "services": if random.once_in(3) { json!(["hygiene/new"]) } else { json!(["food/new", "hygiene/new"]) },
            "from": random.day(2025, 2), "until": random.day(2026, 3),
        });
    }
    let mut facts = json!({
        "application": application,
        "applicant": applicant,
        "registers": {
            "business": random.of(&["answered", "answered", "answered", "answered", "down", "stale"]),
            "food_and_drug": random.of(&["answered", "answered", "answered", "answered", "down", "stale"]),
            "micro_service": random.of(&["answered", "answered", "answered", "answered", "down", "stale"]),
        },
        "bans": [],
        "permits": [],
        "promise": { "accepted": !random.once_in(4), "text_version": "food-new/1" },
    });
    if !random.once_in(12) {
        facts["business"] = json!({
            "uscc": random.of(&["91370303MAXX01026W", "91370303MAXX01026W", "91370303MAXX010260"]),
            "name": "淄博云帆食品商贸有限公司(演示)",
            "kind": "有限责任公司",
            "status": random.of(&["live", "live", "live", "live", "cancelled", "revoked"]),
            "division": "370303002",
            "scope": random.some(&["日用百货销售", "食品销售", "餐饮服务", "小吃店", "住宿服务", "理发服务"], 5),
        });
        if random.once_in(4) {
            facts["business"]["name_on_form"] =
                json!(random.of(&["淄博云帆食品商贸有限公司(演示)", "云帆食品"]));
        }
    }
    let bans: Vec<Value> = (0..if random.once_in(4) { 1 + random.below(3) } else { 0 })
        .map(|_| {
            json!({
                "kind": random.of(&["revoked", "false_material", "fraud", "food_crime"]),
                "who": random.of(&["operator", "legal_representative", "manager"]),
                "on": random.day(2018, 9),
            })
        })
        .collect();
    facts["bans"] = json!(bans);
    if !random.once_in(12) {
        facts["district"] = json!({ "open_penalty_case": random.once_in(12), "open_application": random.once_in(12) });
    }
    if !random.once_in(12) {
        facts["premises"] =
            json!({ "division": random.of(&["370303002", "370303002", "370304001"]) });
        if !random.once_in(5) {
            facts["premises"]["area_m2"] = json!(random.below(200));
        }
        if !random.once_in(5) {
            facts["premises"]["occupied"] = json!(random.once_in(6));
        }
    }
    if !food && !random.once_in(15) {
        facts["place"] = json!({ "kind": random.of(&PLACES) });
        if !random.once_in(6) {
            facts["place"]["central_air"] = json!(random.once_in(3));
        }
        if !random.once_in(3) {
            facts["place"]["rooms"] = json!(random.below(80));
        }
        if random.once_in(2) {
            facts["place"]["report"] = json!(random.once_in(2));
        }
    }
    facts
}

/// What other engines see of it: days as numbers, every absent root there as null.
pub fn for_others(facts: &Value) -> Value {
    let mut plain = numbered(facts);
    for root in ["business", "district", "premises", "place"] {
        if plain[root].is_null() {
            plain[root] = Value::Null;
        }
    }
    if let Some(uscc) = facts["business"]["uscc"].as_str() {
        plain["business"]["uscc_valid"] = json!(Uscc::parse(uscc).is_ok());
    }
    plain["today"] = json!(epoch_day(TODAY));
    plain["today_ymd"] = json!(ymd(TODAY));
    plain
}

fn numbered(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut numbered_fields = serde_json::Map::new();
            for (key, value) in fields {
                let day = value
                    .as_str()
                    .filter(|text| text.len() == 10)
                    .and_then(|text| text.parse().ok());
                match day {
                    Some(day) => {
                        numbered_fields.insert(key.clone(), json!(epoch_day(day)));
                        numbered_fields.insert(format!("{key}_ymd"), json!(ymd(day)));
                    }
                    None => {
                        numbered_fields.insert(key.clone(), numbered(value));
                    }
                }
            }
            Value::Object(numbered_fields)
        }
        Value::Array(all) => all.iter().map(numbered).collect(),
        other => other.clone(),
    }
}

fn epoch_day(day: Date) -> i64 {
    i64::from((day - date(1970, 1, 1)).get_days())
}

fn ymd(day: Date) -> i64 {
    i64::from(day.year()) * 10_000 + i64::from(day.month()) * 100 + i64::from(day.day())
}
