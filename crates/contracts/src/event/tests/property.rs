//! Events made from the schemas alone: whatever a schema allows is read, comes
//! back unchanged, and satisfies the schema again.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::string::string_regex;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::event::catalogue::{data_schema, event_schema, versions};
use crate::event::{Event, EventError, EventType, NewEvent, Payload};

fn of_schema(schema: &Value) -> BoxedStrategy<Value> {
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<_> = words
            .iter()
            .filter(|word| word.is_string())
            .cloned()
            .collect();
        return proptest::sample::select(words).boxed();
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| **kind != "null").cloned().unwrap(),
        kind => kind.clone(),
    };
    match kind.as_str().unwrap() {
        "string" => text(schema),
        "boolean" => any::<bool>().prop_map(Value::from).boxed(),
        "integer" => {
            let least = schema["minimum"].as_i64().unwrap();
            let most = schema["maximum"].as_i64().unwrap();
            prop_oneof![Just(least), Just(most), least..=most]
                .prop_map(Value::from)
                .boxed()
        }
        "number" => {
            let most = schema["maximum"].as_f64().unwrap();
            prop_oneof![Just(0.0), Just(most), 0.0..=most]
                .prop_map(Value::from)
                .boxed()
        }
        "array" => {
            let least = usize::try_from(schema["minItems"].as_u64().unwrap_or(0)).unwrap();
            proptest::collection::vec(of_schema(&schema["items"]), least..least + 3)
                .prop_map(Value::from)
                .boxed()
        }
        "object" => object(schema),
        other => panic!("no values of type {other}"),
    }
}

fn text(schema: &Value) -> BoxedStrategy<Value> {
    match schema["format"].as_str() {
        Some("uuid") => any::<u128>()
            .prop_map(|bits| json!(Uuid::from_u128(bits)))
            .boxed(),
        Some("date-time") => instant().prop_map(|at| json!(at)).boxed(),
        Some(other) => panic!("no texts of format {other}"),
        None => match schema["maxLength"].as_u64() {
            Some(most) => label(most, &schema["not"]),
            None => matching(schema["pattern"].as_str().unwrap().trim_matches(['^', '$'])),
        },
    }
}

fn instant() -> impl Strategy<Value = Timestamp> {
    (0..4_000_000_000_i64, 0..1_000_000_000_i32)
        .prop_map(|(seconds, nanos)| Timestamp::new(seconds, nanos).unwrap())
}

/// Plain texts of any length, and short ones out of the characters that
/// contacts are made of.
fn label(most: u64, forbidden: &Value) -> BoxedStrategy<Value> {
    let forbidden = jsonschema::draft7::new(forbidden).unwrap();
    let plain = matching(&format!(r"[\pL\pN][\pL ,.&'-]{{0,{}}}", most - 1));
    let near = matching(r"[a-z+][a-zА-я0-9 .@:/+()-]{0,15}");
    prop_oneof![plain, near]
        .prop_filter("gives a contact", move |text| !forbidden.is_valid(text))
        .boxed()
}

fn matching(pattern: &str) -> BoxedStrategy<Value> {
    string_regex(pattern).unwrap().prop_map(Value::from).boxed()
}

fn object(schema: &Value) -> BoxedStrategy<Value> {
    if schema["additionalProperties"].is_object() {
        let names = of_schema(&schema["propertyNames"]);
        let values = of_schema(&schema["additionalProperties"]);
        return proptest::collection::vec((names, values), 1..4)
            .prop_map(|pairs| {
                pairs
                    .into_iter()
                    .map(|(name, value)| (name.as_str().unwrap().to_owned(), value))
                    .collect::<Map<_, _>>()
                    .into()
            })
            .boxed();
    }
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let mut whole = Just(Map::new()).boxed();
    for (name, field) in schema["properties"].as_object().unwrap() {
        let name = name.clone();
        let value = of_schema(field);
        let field = if required.contains(&json!(name)) {
            value.prop_map(Some).boxed()
        } else {
            proptest::option::of(value).boxed()
        };
        whole = (whole, field)
            .prop_map(move |(mut object, value)| {
                object.extend(value.map(|value| (name.clone(), value)));
                object
            })
            .boxed();
    }
    whole.prop_map(Value::from).boxed()
}

/// Any payload of a version, read from what its schema allows; combinations
/// that a rule between fields forbids are left out.
fn payload(event_type: EventType, version: u32) -> impl Strategy<Value = Payload> {
    of_schema(&data_schema(event_type, version).unwrap()).prop_filter_map(
        "fields contradict each other",
        move |data| match Payload::read(event_type, version, data.clone()) {
            Ok(payload) => Some(payload),
            Err(EventError::Rule { .. }) => None,
            Err(error) => panic!("{event_type} v{version}: {error}: {data}"),
        },
    )
}

fn any_payload() -> impl Strategy<Value = Payload> {
    proptest::strategy::Union::new(versions().map(|(kind, version)| payload(kind, version).boxed()))
}

fn any_event() -> impl Strategy<Value = Event> {
    let id = || any::<u128>().prop_map(Uuid::from_u128);
    let v7 = (0..1_u64 << 47, any::<[u8; 10]>()).prop_map(|(millis, random)| {
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    });
    let cause = proptest::option::of(id());
    let source = "(/[A-Za-z0-9._:-]{1,30}){1,5}";
    (any_payload(), source, cause, v7, instant(), id(), id()).prop_map(
        |(payload, source, causation, id, time, company, correlation)| {
            NewEvent {
                payload,
                source,
                causation,
            }
            .into_event(id, time, company, correlation)
            .unwrap()
        },
    )
}

fn validators() -> &'static BTreeMap<EventType, jsonschema::Validator> {
    static VALIDATORS: LazyLock<BTreeMap<EventType, jsonschema::Validator>> = LazyLock::new(|| {
        let build = |kind: &EventType| {
            let schema = event_schema(*kind, kind.version()).unwrap();
            jsonschema::draft7::options()
                .should_validate_formats(true)
                .build(&schema)
                .unwrap()
        };
        EventType::ALL
            .iter()
            .map(|kind| (*kind, build(kind)))
            .collect()
    });
    &VALIDATORS
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_event_reads_back_as_it_was(event in any_event()) {
        let json = event.to_json().unwrap();
        prop_assert_eq!(&Event::from_json(json.as_bytes()).unwrap(), &event);
        let value = event.to_value().unwrap();
        prop_assert_eq!(Event::from_value(value).unwrap(), event);
    }

    #[test]
    fn any_event_satisfies_its_schema(event in any_event()) {
        let value = event.to_value().unwrap();
        prop_assert!(validators()[&event.event_type()].is_valid(&value), "{value}");
    }

    #[test]
    fn an_event_with_one_field_more_is_refused(event in any_event(), name in "[a-z]{12}") {
        let mut value = event.to_value().unwrap();
        value["data"][&name] = json!("raw text");
        prop_assert!(Event::from_value(value).is_err());
    }
}
