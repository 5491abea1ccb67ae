//! The same seventy rules as a Rust function over structs: what a program without a rulebook would do.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Deserialize;

use crate::domain::Uscc;

macro_rules! words {
    ($name:ident { $($variant:ident),+ $(,)? }) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($variant),+ }
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Service {
    #[serde(rename = "food/new")]
    FoodNew,
    #[serde(rename = "hygiene/new")]
    HygieneNew,
}

words!(DocumentKind { Resident, Hmt, Foreigner });
words!(Role { LegalRepresentative, Agent, None });
words!(BusinessStatus { Live, Cancelled, Revoked });
words!(Answer { Answered, Down, Stale });
words!(BanKind { Revoked, FalseMaterial, Fraud, FoodCrime });
words!(BanWho { Operator, LegalRepresentative, Manager });
words!(SubjectType { FoodSeller, Caterer, Canteen });
words!(SubjectMark {
    Wholesale,
    Online,
    AutoMachine,
    CentralKitchen,
    CollectiveDelivery,
    School,
    Kindergarten,
    ElderlyHome,
    ConstructionSite,
});
words!(FoodItem {
    SalePrepackaged,
    SaleBulk,
    SaleBulkAndPrepackaged,
    SaleSpecial,
    SaleOther,
    HotFood,
    ColdFood,
    RawFood,
    Pastry,
    SemiFinished,
    SelfMadeDrink,
    OtherMaking,
    ChainSaleManagement,
    ChainCateringManagement,
    CateringManagement,
    Agricultural,
    MedicalFormula,
    OwnProducts,
});
words!(ItemMark {
    ChilledFrozen,
    CookedBulk,
    ColdMeat,
    ColdPastry,
    DecoratedCake,
    Simple,
    RawMilk,
    PressureContainer,
    HomeBrewed,
    RawAquatic,
});
words!(PlaceKind {
    Hotel,
    Restaurant,
    Inn,
    GuestHouse,
    CartInn,
    Cafe,
    Bar,
    Teahouse,
    Bath,
    HairSalon,
    BeautySalon,
    Cinema,
    VideoHall,
    Arcade,
    DanceHall,
    ConcertHall,
    Stadium,
    SwimmingPool,
    Park,
    ExhibitionHall,
    Museum,
    ArtGallery,
    Library,
    Mall,
    Bookshop,
    ClinicWaitingRoom,
    StationWaitingRoom,
    PublicTransport,
});

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    pub application: Application,
    pub applicant: Applicant,
    pub business: Option<Business>,
    pub registers: Registers,
    pub bans: Vec<Ban>,
    pub permits: Vec<Permit>,
    pub district: Option<District>,
    pub premises: Option<Premises>,
    pub place: Option<Place>,
    pub promise: Promise,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    pub service: Service,
    pub accepted_on: Option<Date>,
    pub wants_person: bool,
    pub wants_licence: bool,
    pub subject_types: Vec<SubjectType>,
    pub subject_marks: Vec<SubjectMark>,
    pub items: Vec<Item>,
    pub machines: Vec<Machine>,
    pub food_safety_manager: Option<bool>,
    pub opened_on: Option<Date>,
    pub parts: Vec<Part>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    pub item: FoodItem,
    pub marks: Vec<ItemMark>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    pub division: String,
    pub address: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permit {}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Applicant {
    pub document: DocumentKind,
    pub birth: Date,
    pub document_valid_to: Option<Date>,
    pub role: Role,
    pub grant: Option<Grant>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    pub services: Vec<Service>,
    pub from: Date,
    pub until: Date,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Business {
    pub uscc: String,
    pub name: String,
    pub name_on_form: Option<String>,
    pub kind: String,
    pub status: BusinessStatus,
    pub division: String,
    pub scope: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registers {
    pub business: Answer,
    pub food_and_drug: Answer,
    pub micro_service: Answer,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ban {
    pub kind: BanKind,
    pub who: BanWho,
    pub on: Date,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct District {
    pub open_penalty_case: bool,
    pub open_application: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Premises {
    pub division: String,
    pub area_m2: Option<i64>,
    pub occupied: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub kind: PlaceKind,
    pub central_air: Option<bool>,
    pub rooms: Option<i64>,
    pub report: Option<bool>,
    pub area_m2: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    pub accepted: bool,
    pub text_version: Option<String>,
}

/// The local choices in force, read from their file once.
#[derive(Debug)]
pub struct Settings {
    pub divisions: BTreeSet<String>,
    pub scope_words: Vec<String>,
    pub small_catering_m2: i64,
    pub bulk_sale: bool,
    pub simple_preparation: bool,
    pub self_made_drink: bool,
    pub hot_by_promise: bool,
    pub simple_cold: bool,
    pub management: bool,
    pub hygiene_kinds: Vec<PlaceKind>,
    pub filing_kinds: Vec<PlaceKind>,
    pub rooms_report: i64,
    pub filing_days: i64,
}

fn years(from: Date, to: Date) -> i16 {
    let full = (to.month(), to.day()) >= (from.month(), from.day());
    to.year() - from.year() - i16::from(!full)
}

fn later(day: Date, years: i16) -> Date {
    day.saturating_add(jiff::Span::new().years(years))
}

/// The rules that hold, in the order of the rulebook.
#[expect(clippy::too_many_lines, reason = "the rules one after the other")]
pub fn fired(facts: &Facts, settings: &Settings, today: Date) -> Vec<&'static str> {
    use FoodItem as I;
    use ItemMark as M;
    use PlaceKind as K;

    let mut fired = Vec::new();
    let mut rule = |id: &'static str, holds: bool| {
        if holds {
            fired.push(id);
        }
    };
    let Facts {
        application,
        applicant,
        business,
        registers,
        bans,
        district,
        premises,
        place,
        promise,
        ..
    } = facts;
    let (business, district) = (business.as_ref(), district.as_ref());
    let (premises, place) = (premises.as_ref(), place.as_ref());
    let agent = applicant.role == Role::Agent;
    let all = [registers.business, registers.food_and_drug, registers.micro_service];
    let food = application.service == Service::FoodNew;

    rule("VISIT-ID-EXPIRED", applicant.document_valid_to.is_some_and(|day| day < today));
    rule("VISIT-MINOR", years(applicant.birth, today) < 18);
    rule("VISIT-HUMAN-WANTED", application.wants_person);
    rule("VISIT-SOURCE-DOWN", all.contains(&Answer::Down));
    rule("VISIT-SOURCE-STALE", all.contains(&Answer::Stale));
    rule(
        "VISIT-SOURCE-INCOMPLETE",
        (registers.business == Answer::Answered && business.is_none())
            || (registers.micro_service == Answer::Answered && district.is_none())
            || (registers.food_and_drug == Answer::Answered
                && food
                && premises.is_some_and(|premises| premises.occupied.is_none())),
    );
    let grant = applicant.grant.as_ref();
    rule(
        "VISIT-NO-GRANT",
        registers.business == Answer::Answered
            && (applicant.role == Role::None || (agent && grant.is_none())),
    );
    rule(
        "VISIT-GRANT-PERIOD",
        agent && grant.is_some_and(|grant| today < grant.from || grant.until < today),
    );
    rule(
        "VISIT-GRANT-SERVICE",
        agent
            && grant.is_some_and(|grant| {
                !grant.services.is_empty() && !grant.services.contains(&application.service)
            }),
    );
    rule("VISIT-USCC", business.is_some_and(|business| Uscc::parse(&business.uscc).is_err()));
    rule(
        "VISIT-NO-SUBJECT",
        business.is_some_and(|business| business.status != BusinessStatus::Live),
    );
    rule(
        "VISIT-NAME",
        business.is_some_and(|business| {
            business.name_on_form.as_ref().is_some_and(|form| *form != business.name)
        }),
    );
    rule("VISIT-OPEN-CASE", district.is_some_and(|district| district.open_penalty_case));
    rule("VISIT-DUPLICATE", district.is_some_and(|district| district.open_application));
    rule("VISIT-PREMISES-MISSING", premises.is_none());
    rule(
        "VISIT-DIVISION",
        premises.is_some_and(|premises| !settings.divisions.contains(&premises.division)),
    );
    let area = premises.and_then(|premises| premises.area_m2);
    rule(
        "VISIT-IMPLAUSIBLE",
        application.accepted_on.is_some_and(|day| day > today) || area.is_some_and(|area| area < 1),
    );

    let responsible = |ban: &Ban| ban.who != BanWho::Manager;
    if food {
        rule(
            "BAN-5Y",
            bans.iter().any(|ban| {
                ban.kind == BanKind::Revoked && responsible(ban) && today <= later(ban.on, 5)
            }),
        );
    }
    rule(
        "BAN-3Y",
        bans.iter()
            .any(|ban| ban.kind == BanKind::Fraud && responsible(ban) && today <= later(ban.on, 3)),
    );
    rule(
        "BAN-1Y",
        bans.iter().any(|ban| {
            ban.kind == BanKind::FalseMaterial && responsible(ban) && today <= later(ban.on, 1)
        }),
    );
    if food {
        rule(
            "BAN-ENDED",
            bans.iter().any(|ban| {
                ban.kind == BanKind::Revoked && responsible(ban) && today > later(ban.on, 5)
            }),
        );
        let crime = |ban: &Ban| ban.kind == BanKind::FoodCrime;
        rule("BAN-LIFE", bans.iter().any(|ban| crime(ban) && responsible(ban)));
        rule("BAN-MANAGER-LIFE", bans.iter().any(|ban| crime(ban) && ban.who == BanWho::Manager));
        rule(
            "BAN-MANAGER-5Y",
            bans.iter().any(|ban| {
                ban.kind == BanKind::Revoked
                    && ban.who == BanWho::Manager
                    && today <= later(ban.on, 5)
            }),
        );

        let items = &application.items;
        let marks = &application.subject_marks;
        let has = |wanted: &[FoodItem]| items.iter().any(|item| wanted.contains(&item.item));
        let marked = |wanted: &[ItemMark]| {
            items.iter().any(|item| item.marks.iter().any(|mark| wanted.contains(mark)))
        };
        let exempt = [I::Agricultural, I::MedicalFormula, I::OwnProducts];
        let exempt_only = !items.is_empty() && items.iter().all(|item| exempt.contains(&item.item));
        let unlicensed = [
            I::SalePrepackaged,
            I::SaleSpecial,
            I::Agricultural,
            I::MedicalFormula,
            I::OwnProducts,
        ];
        let filing_only = has(&[I::SalePrepackaged, I::SaleSpecial])
            && items.iter().all(|item| unlicensed.contains(&item.item));
        let small_catering = application.subject_types.contains(&SubjectType::Caterer)
            && area.is_some_and(|area| area < settings.small_catering_m2)
            && !application.wants_licence
            && marks.is_empty()
            && items.iter().any(|item| {
                [I::HotFood, I::ColdFood, I::Pastry, I::OtherMaking].contains(&item.item)
                    && !item.marks.contains(&M::Simple)
            })
            && !items.iter().any(|item| {
                [I::RawFood, I::SemiFinished].contains(&item.item)
                    || item.marks.contains(&M::DecoratedCake)
                    || item.marks.contains(&M::RawAquatic)
            });
        rule("FOOD-AGRICULTURAL", exempt_only && has(&[I::Agricultural]));
        rule("FOOD-MEDICAL-FORMULA", exempt_only && has(&[I::MedicalFormula]));
        rule("FOOD-OWN-PRODUCTS", exempt_only && has(&[I::OwnProducts]));
        rule("FOOD-PREPACKAGED-FILE", filing_only);
        rule("FOOD-SMALL-CATERING", small_catering);
        rule("FOOD-SUBJECT-MISSING", application.subject_types.is_empty());
        rule("FOOD-SUBJECT-MULTI", application.subject_types.len() > 1);
        rule("FOOD-ITEMS-MISSING", items.is_empty());
        let mark = |mark: SubjectMark| marks.contains(&mark);
        rule("FOOD-ITEM-NOT-OPEN", has(&[I::SemiFinished]) && !mark(SubjectMark::CentralKitchen));
        rule("FOOD-ITEM-OLD", has(&[I::Pastry, I::OtherMaking, I::SaleOther]));
        rule(
            "FOOD-SCOPE",
            !exempt_only
                && business.is_some_and(|business| {
                    !business.scope.iter().any(|entry| {
                        settings.scope_words.iter().any(|word| entry.contains(&**word))
                    })
                }),
        );
        let asked = !exempt_only && !filing_only;
        rule("FOOD-MANAGER", asked && application.food_safety_manager == Some(false));
        rule(
            "FOOD-MANAGER-UNANSWERED",
            !items.is_empty() && asked && application.food_safety_manager.is_none(),
        );
        rule("FOOD-MACHINES", mark(SubjectMark::AutoMachine) && application.machines.is_empty());
        rule(
            "FOOD-ADDRESS-OCCUPIED",
            !exempt_only && premises.is_some_and(|premises| premises.occupied == Some(true)),
        );
        rule("FOOD-CENTRAL-KITCHEN", mark(SubjectMark::CentralKitchen));
        rule("FOOD-COLLECTIVE-DELIVERY", mark(SubjectMark::CollectiveDelivery));
        rule("FOOD-SCHOOL-CANTEEN", mark(SubjectMark::School) || mark(SubjectMark::Kindergarten));
        rule("FOOD-ELDERLY-CANTEEN", mark(SubjectMark::ElderlyHome));
        rule("FOOD-ITEM-RAW", has(&[I::RawFood]) || marked(&[M::RawAquatic]));
        rule("FOOD-ITEM-COLD-MEAT", marked(&[M::ColdMeat]));
        rule("FOOD-ITEM-COLD-PASTRY", marked(&[M::ColdPastry, M::DecoratedCake]));
        rule("FOOD-ITEM-COOKED-BULK", marked(&[M::CookedBulk]));
        rule("FOOD-ITEM-DRINK-RISK", marked(&[M::RawMilk, M::PressureContainer, M::HomeBrewed]));
        rule(
            "FOOD-ITEM-HOT",
            !small_catering
                && !settings.hot_by_promise
                && items
                    .iter()
                    .any(|item| item.item == I::HotFood && !item.marks.contains(&M::Simple)),
        );
        rule(
            "FOOD-ITEM-COLD",
            !small_catering
                && items.iter().any(|item| {
                    item.item == I::ColdFood
                        && !item.marks.contains(&M::ColdMeat)
                        && !item.marks.contains(&M::ColdPastry)
                        && !(item.marks.contains(&M::Simple) && settings.simple_cold)
                }),
        );
        let management =
            [I::ChainSaleManagement, I::ChainCateringManagement, I::CateringManagement];
        rule("FOOD-ITEM-MANAGEMENT", !settings.management && has(&management));
        let risks = [
            M::CookedBulk,
            M::ColdMeat,
            M::ColdPastry,
            M::DecoratedCake,
            M::RawMilk,
            M::PressureContainer,
            M::HomeBrewed,
            M::RawAquatic,
        ];
        let instant = items.iter().any(|item| !unlicensed.contains(&item.item))
            && items.iter().all(|item| {
                let simple = item.marks.contains(&M::Simple);
                !item.marks.iter().any(|mark| risks.contains(mark))
                    && match item.item {
                        I::SaleBulk | I::SaleBulkAndPrepackaged => settings.bulk_sale,
                        I::HotFood if simple => settings.simple_preparation,
                        I::HotFood => settings.hot_by_promise,
                        I::ColdFood => simple && settings.simple_cold,
                        I::SelfMadeDrink => settings.self_made_drink,
                        other if management.contains(&other) => settings.management,
                        other => unlicensed.contains(&other),
                    }
            });
        let simple = marked(&[M::Simple]);
        rule("FOOD-NO-PROMISE", instant && promise.text_version.is_some() && !promise.accepted);
        let promised = instant && promise.accepted;
        rule("FOOD-ISSUE-PROMISE", promised && !agent && !simple);
        rule("FOOD-ISSUE-SIMPLE", promised && !agent && simple);
        rule("FOOD-ISSUE-AGENT", promised && agent);
        return fired;
    }

    let Some(place) = place else {
        rule("HYGIENE-PLACE-MISSING", true);
        return fired;
    };
    let merged = [K::Restaurant, K::Cafe, K::Bar, K::Teahouse].contains(&place.kind);
    let never = [K::Stadium, K::Park, K::PublicTransport].contains(&place.kind);
    let filing = settings.filing_kinds.contains(&place.kind);
    let licensed = !merged && !never && !filing;
    let lodging = [K::Hotel, K::Inn, K::GuestHouse].contains(&place.kind);
    let air = place.central_air == Some(true);
    let many = lodging && place.rooms.is_some_and(|rooms| rooms >= settings.rooms_report);
    rule("HYGIENE-MERGED", merged);
    rule("HYGIENE-NEVER", never);
    let last = application
        .opened_on
        .map(|day| day.saturating_add(jiff::Span::new().days(settings.filing_days)));
    rule("HYGIENE-FILE", filing && last.is_some_and(|last| today <= last));
    rule("HYGIENE-FILE-UNDATED", filing && last.is_none());
    rule("HYGIENE-FILE-LATE", filing && last.is_some_and(|last| today > last));
    rule("HYGIENE-AIR-UNANSWERED", licensed && place.central_air.is_none());
    let counted = place.rooms.is_some_and(|rooms| rooms >= 1);
    rule("HYGIENE-ROOMS-UNANSWERED", lodging && !counted);
    rule("HYGIENE-REPORT", (many || (licensed && air)) && place.report != Some(true));
    rule("HYGIENE-POOL", place.kind == K::SwimmingPool);
    rule("HYGIENE-ONSITE", [K::Bath, K::ClinicWaitingRoom, K::CartInn].contains(&place.kind));
    rule("HYGIENE-CENTRAL-AIR", licensed && air);
    rule("HYGIENE-HOTEL-SIZE", many);
    let instant = settings.hygiene_kinds.contains(&place.kind)
        && place.central_air == Some(false)
        && (!lodging || (counted && !many));
    rule("HYGIENE-NO-PROMISE", instant && promise.text_version.is_some() && !promise.accepted);
    rule("HYGIENE-ISSUE-PROMISE", instant && promise.accepted);
    fired
}
