//! Paths into a fact document: `application.items.0.marks`.

use serde_json::Value as Json;

use super::schema::{Record, Type};

/// The type of the fact at `path`, or what is wrong with the path.
pub(super) fn type_at(roots: &Record, path: &str) -> Result<Type, String> {
    let mut segments = path.split('.');
    let root = segments.next().unwrap_or_default();
    let field = |record: &Record, name: &str| {
        record.field(name).map(|(_, field)| field.ty.clone()).ok_or_else(|| {
            let hint = super::problem::hint(name, record.field_names());
            format!("'{path}': {} has no field '{name}'{hint}", record.name)
        })
    };
    let mut ty = field(roots, root)?;
    for segment in segments {
        ty = match &ty {
            Type::Record(record) => field(record, segment)?,
            Type::List(element, bound) => match segment.parse::<u32>() {
                Ok(index) if index < *bound => (**element).clone(),
                _ => return Err(format!("'{path}': '{segment}' is no index below {bound}")),
            },
            Type::Bool | Type::Int | Type::Date | Type::Money | Type::Text | Type::Enum(_) => {
                return Err(format!("'{path}': '{segment}' is a field of no record"));
            }
        };
    }
    Ok(ty)
}

/// Puts `value` at `path`; objects on the way are made. False where the path leads into a list that
/// has no such element, or into something that is neither.
#[must_use]
pub(super) fn put(document: &mut Json, path: &str, value: Json) -> bool {
    let Some(place) = place(document, path) else { return false };
    *place = value;
    true
}

/// Adds `value` to the list at `path`, once; a missing list is made.
#[must_use]
pub(super) fn add(document: &mut Json, path: &str, value: Json) -> bool {
    let Some(place) = place(document, path) else { return false };
    if place.is_null() {
        *place = Json::Array(Vec::new());
    }
    let Json::Array(elements) = place else { return false };
    if !elements.contains(&value) {
        elements.push(value);
    }
    true
}

/// Takes the value at `path` out. False where there is none.
#[must_use]
pub(super) fn remove(document: &mut Json, path: &str) -> bool {
    let (parent, last) = path.rsplit_once('.').unwrap_or(("", path));
    let parent = if parent.is_empty() { Some(document) } else { place(document, parent) };
    match parent {
        Some(Json::Object(fields)) => fields.remove(last).is_some(),
        Some(Json::Array(elements)) => match last.parse::<usize>() {
            Ok(index) if index < elements.len() => {
                elements.remove(index);
                true
            }
            _ => false,
        },
        _ => false,
    }
}

fn place<'d>(document: &'d mut Json, path: &str) -> Option<&'d mut Json> {
    let mut place = document;
    for segment in path.split('.') {
        if place.is_null() {
            *place = Json::Object(serde_json::Map::new());
        }
        place = match place {
            Json::Object(fields) => fields.entry(segment).or_insert(Json::Null),
            Json::Array(elements) => elements.get_mut(segment.parse::<usize>().ok()?)?,
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => return None,
        };
    }
    Some(place)
}
