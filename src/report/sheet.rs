//! Answers as comma-separated values (RFC 4180): a sheet of named columns over each answer's JSON.
//! Decides nothing, and lets no cell of a filing's text become a formula.

use serde_json::Value;

use crate::report::plain::safe;

/// The rows of an answer, and what of each goes into which column.
#[derive(Debug)]
pub struct Sheet {
    /// The lists within lists whose members are the rows; none: the answer itself is the row.
    pub rows: &'static [&'static str],
    /// A column's name, and where its value stands: `/` in the row, `^/` in what holds the row's
    /// list, `^^/` in the answer.
    pub columns: &'static [(&'static str, &'static str)],
}

impl Sheet {
    /// The names of the columns, as one line.
    pub fn header(&self) -> Option<String> {
        line(self.columns.iter().map(|(name, _)| (*name).to_owned()))
    }

    /// The rows of one answer, a line each.
    pub fn lines(&self, answer: &Value) -> Vec<String> {
        let mut rows: Vec<(&Value, &Value)> = vec![(answer, answer)];
        for list in self.rows {
            rows = rows.into_iter().flat_map(|(_, row)| members(row, list)).collect();
        }
        let cells = |(holder, row): (&Value, &Value)| {
            line(self.columns.iter().map(|(_, at)| {
                let value = match (at.strip_prefix("^^"), at.strip_prefix('^')) {
                    (Some(at), _) => answer.pointer(at),
                    (_, Some(at)) => holder.pointer(at),
                    _ => row.pointer(at),
                };
                cell(value.unwrap_or(&Value::Null))
            }))
        };
        rows.into_iter().filter_map(cells).collect()
    }
}

/// The members of a list, each with what holds the list.
fn members<'a>(row: &'a Value, list: &str) -> Vec<(&'a Value, &'a Value)> {
    let list = row.get(list).and_then(Value::as_array);
    list.into_iter().flatten().map(|member| (row, member)).collect()
}

/// One record without its line end; a line end within a cell is a space by then.
fn line(cells: impl Iterator<Item = String>) -> Option<String> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(cells).ok()?;
    let bytes = writer.into_inner().ok()?;
    Some(String::from_utf8(bytes).ok()?.trim_end_matches(['\r', '\n']).to_owned())
}

/// A value as a cell: nothing for what is not stated, a list's members with spaces between.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) => {
            let all: Vec<String> = list
                .iter()
                .map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned))
                .collect();
            all.join(" ")
        }
        other => other.to_string(),
    };
    guarded(&safe(&text))
}

/// A spreadsheet takes a cell that begins with one of `=`, `+`, `-`, `@` for a formula: an
/// apostrophe before it makes it text again. No number of ours begins so.
fn guarded(text: &str) -> String {
    match text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

const ISSUER: (&str, &str) = ("issuer", "^^/issuer/name");
const ISSUER_CIK: (&str, &str) = ("issuer_cik", "^^/issuer/cik");
const CLASS: (&str, &str) = ("class", "^^/class/title");
const CUSIPS: (&str, &str) = ("cusips", "^^/class/cusips");
const AS_OF: (&str, &str) = ("as_of", "^^/basis/as_of");
const KNOWN_AT: (&str, &str) = ("asked_known_at", "^^/basis/known_at");
const SIZE: (&str, &str) = ("ledger_size", "^^/basis/size");
const HEAD: (&str, &str) = ("ledger_head", "^^/basis/head");

/// `holders`
pub const HOLDERS: Sheet = Sheet {
    rows: &["holders"],
    columns: &[
        ISSUER,
        ISSUER_CIK,
        CLASS,
        CUSIPS,
        ("holder", "/name"),
        ("holder_cik", "/cik"),
        ("aggregate", "/aggregate/value"),
        ("aggregate_in", "/aggregate/accession"),
        ("aggregate_since", "/aggregate/since"),
        ("aggregate_carried", "/aggregate/carried"),
        ("aggregate_troubles", "/aggregate/troubles"),
        ("percent", "/percent/value"),
        ("percent_in", "/percent/accession"),
        ("percent_since", "/percent/since"),
        ("percent_carried", "/percent/carried"),
        ("percent_troubles", "/percent/troubles"),
        ("sole_voting", "/sole_voting/value"),
        ("shared_voting", "/shared_voting/value"),
        ("sole_dispositive", "/sole_dispositive/value"),
        ("shared_dispositive", "/shared_dispositive/value"),
        ("types", "/types"),
        ("status", "/status"),
        ("evidence", "/evidence"),
        ("event_date", "/event_date"),
        ("known_at", "/known_at"),
        ("accession", "/accession"),
        ("entry", "/entry"),
        ("age_days", "/stale/days"),
        ("next_due", "/stale/next_due/due"),
        ("silence_means", "/stale/means"),
        AS_OF,
        KNOWN_AT,
        SIZE,
        HEAD,
        ("upcoming_due", "/stale/upcoming/due"),
        ("adjusted_aggregate", "/adjusted/aggregate/value"),
        ("adjusted_exact", "/adjusted/aggregate/exact"),
        ("adjusted_by", "/adjusted/aggregate/by"),
        ("recomputed_least", "/recomputed_percent/least"),
        ("recomputed_most", "/recomputed_percent/most"),
        ("class_size", "^/size/shares"),
        ("known_later", "/known_later"),
        ("uncovered_since", "/uncovered_since"),
        ("class_renamed", "^/class/renamed/title"),
        ("class_named_by", "^/class/named_by"),
        ("several_classes", "/several_classes"),
        ("named_since", "/named_since"),
        ("filing_troubles", "/filing_troubles"),
        ("named_alike", "/named_alike"),
    ],
};

/// `person`
pub const PERSON: Sheet = Sheet {
    rows: &["holdings"],
    columns: &[
        ("person", "^^/person/name"),
        ("issuer", "/issuer/name"),
        ("issuer_cik", "/issuer/cik"),
        ("class", "/class/title"),
        ("cusips", "/class/cusips"),
        ("holder", "/holder/name"),
        ("holder_cik", "/holder/cik"),
        ("aggregate", "/holder/aggregate/value"),
        ("aggregate_in", "/holder/aggregate/accession"),
        ("aggregate_since", "/holder/aggregate/since"),
        ("aggregate_carried", "/holder/aggregate/carried"),
        ("aggregate_troubles", "/holder/aggregate/troubles"),
        ("percent", "/holder/percent/value"),
        ("percent_carried", "/holder/percent/carried"),
        ("percent_troubles", "/holder/percent/troubles"),
        ("status", "/holder/status"),
        ("evidence", "/holder/evidence"),
        ("event_date", "/holder/event_date"),
        ("known_at", "/holder/known_at"),
        ("accession", "/holder/accession"),
        ("entry", "/holder/entry"),
        ("age_days", "/holder/stale/days"),
        ("next_due", "/holder/stale/next_due/due"),
        ("silence_means", "/holder/stale/means"),
        AS_OF,
        KNOWN_AT,
        SIZE,
        HEAD,
        ("upcoming_due", "/holder/stale/upcoming/due"),
        ("known_later", "/holder/known_later"),
        ("uncovered_since", "/holder/uncovered_since"),
        ("class_renamed", "/class/renamed/title"),
        ("class_named_by", "/class/named_by"),
        ("several_classes", "/holder/several_classes"),
        ("named_since", "/holder/named_since"),
        ("filing_troubles", "/holder/filing_troubles"),
        ("named_alike", "/holder/named_alike"),
    ],
};

/// `history`
pub const HISTORY: Sheet = Sheet {
    rows: &["changes"],
    columns: &[
        ("issuer", "/issuer/name"),
        ("issuer_cik", "/issuer/cik"),
        ("class", "/class/title"),
        ("cusips", "/class/cusips"),
        ("kind", "/kind"),
        ("holder", "/holder"),
        ("field", "/field"),
        ("from", "/from"),
        ("to", "/to"),
        ("troubles", "/troubles"),
        ("crossed", "/crossed"),
        ("item", "/item/number"),
        ("detail", "/detail"),
        ("event_date", "/event_date"),
        ("known_at", "/known_at"),
        ("accession", "/accession"),
        ("entry", "/entry"),
        ("hash", "/hash"),
        ("span_start", "/span/0"),
        ("span_end", "/span/1"),
        AS_OF,
        KNOWN_AT,
        SIZE,
        HEAD,
        ("told_at", "/told_at"),
        ("true_since", "/true_since"),
    ],
};

/// `group`
pub const GROUP: Sheet = Sheet {
    rows: &["groups", "members"],
    columns: &[
        ISSUER,
        ISSUER_CIK,
        CLASS,
        CUSIPS,
        ("chain", "^/chain"),
        ("member", "/name"),
        ("since", "/since"),
        ("entry", "/entry"),
        ("evidence", "/evidence"),
        ("also", "/also"),
        ("left_since", "/left/since"),
        ("left_in", "/left/entry"),
        ("left_evidence", "/left/evidence"),
        ("group_lower", "^/total/lower"),
        ("group_upper", "^/total/upper"),
        ("group_total", "^/total/total"),
        ("group_rule", "^/total/rule"),
        ("group_stated", "^/total/stated"),
        ("group_contradicted", "^/total/contradicted"),
        AS_OF,
        KNOWN_AT,
        SIZE,
        HEAD,
    ],
};

/// `chains`
pub const CHAINS: Sheet = Sheet {
    rows: &["chains", "filings"],
    columns: &[
        ISSUER,
        ISSUER_CIK,
        CLASS,
        CUSIPS,
        ("chain", "^/chain"),
        ("schedule", "^/schedule"),
        ("switched_from", "^/switched_from"),
        ("entry", "/entry"),
        ("accession", "/accession"),
        ("form", "/form"),
        ("number", "/number"),
        ("since", "/since"),
        ("join", "/join/by"),
        ("names", "/join/names"),
        AS_OF,
        KNOWN_AT,
        SIZE,
        HEAD,
        ("troubles", "/troubles"),
    ],
};

/// `late`
pub const LATE: Sheet = Sheet {
    rows: &["filings"],
    columns: &[
        ISSUER,
        ISSUER_CIK,
        ("entry", "/entry"),
        ("accession", "/filing/accession"),
        ("form", "/filing/form"),
        ("event_date", "/filing/event_date"),
        ("filed", "/filed"),
        ("verdict", "/verdict"),
        ("days", "/days"),
        ("rule", "/rule"),
        ("duty", "/duty"),
        ("due", "/due"),
        ("why", "/why"),
        AS_OF,
        KNOWN_AT,
        SIZE,
        HEAD,
        ("troubles", "/filing/troubles"),
    ],
};

/// `diff`
pub const DIFF: Sheet = Sheet {
    rows: &["rows"],
    columns: &[
        ("class", "/class"),
        ("holder", "/holder"),
        ("field", "/field"),
        ("from", "/from"),
        ("from_in", "/from_in"),
        ("from_carried", "/from_carried"),
        ("from_troubles", "/from_troubles"),
        ("to", "/to"),
        ("to_in", "/to_in"),
        ("to_carried", "/to_carried"),
        ("to_troubles", "/to_troubles"),
        ("a_as_of", "^^/a/as_of"),
        ("a_known_at", "^^/a/known_at"),
        ("a_ledger_size", "^^/a/size"),
        ("a_accession", "^^/a/accession"),
        ("b_as_of", "^^/b/as_of"),
        ("b_known_at", "^^/b/known_at"),
        ("b_ledger_size", "^^/b/size"),
        ("b_accession", "^^/b/accession"),
        ("issuer", "^^/issuer/name"),
        ("issuer_cik", "^^/issuer/cik"),
    ],
};

/// `links`
pub const LINKS: Sheet = Sheet {
    rows: &["proposals"],
    columns: &[
        ISSUER,
        ISSUER_CIK,
        ("a", "/a/name"),
        ("a_cik", "/a/id/cik"),
        ("a_tax_id", "/a/id/tax_id"),
        ("b", "/b/name"),
        ("b_cik", "/b/id/cik"),
        ("b_tax_id", "/b/id/tax_id"),
        ("why", "/why"),
        AS_OF,
        KNOWN_AT,
        SIZE,
        HEAD,
    ],
};

/// `log`
pub const LOG: Sheet = Sheet {
    rows: &[],
    columns: &[
        ("entry", "/entry"),
        ("hash", "/hash"),
        ("kind", "/kind"),
        ("recorded_at", "/recorded_at"),
        ("content", "/content"),
        ("accession", "/accession"),
        ("form", "/form"),
        ("issuer", "/issuer"),
        ("issuer_cik", "/issuer_cik"),
        ("says", "/says"),
        ("reason", "/reason"),
        ("who", "/who"),
        ("filing", "/filing"),
    ],
};

/// Issuers there are filings about.
pub const ISSUERS: Sheet = Sheet {
    rows: &[],
    columns: &[
        ("cik", "/issuer/cik"),
        ("issuer", "/issuer/name"),
        ("cusips", "/cusips"),
        ("filings", "/filings"),
        ("first_filed", "/first_filed"),
        ("last_filed", "/last_filed"),
    ],
};

/// Issuers somebody may have meant.
pub const CANDIDATES: Sheet = Sheet {
    rows: &[],
    columns: &[
        ("candidate", "/candidate/name"),
        ("cik", "/candidate/cik"),
        ("cusips", "/candidate/cusips"),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rows_are_found_within_rows() {
        let sheet = Sheet {
            rows: &["groups", "members"],
            columns: &[("i", "^^/issuer"), ("chain", "^/chain"), ("name", "/name"), ("no", "/x/y")],
        };
        let answer = json!({"issuer": "I, Inc", "groups": [
            {"chain": 1, "members": [{"name": "A"}, {"name": "B \"b\""}]},
            {"chain": 2, "members": [{"name": ["C", "D"]}]},
        ]});
        assert_eq!(sheet.header().unwrap(), "i,chain,name,no");
        let expected = [r#""I, Inc",1,A,"#, r#""I, Inc",1,"B ""b""","#, r#""I, Inc",2,C D,"#];
        assert_eq!(sheet.lines(&answer), expected);
    }

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r\n@x", "＝1"] {
            let cell = cell(&Value::String(text.to_owned()));
            assert!(cell.starts_with('\''), "{text:?} gives {cell:?}");
            assert!(!cell.contains(['\n', '\r', '\t']));
        }
        for (value, shown) in [(json!("A=B"), "A=B"), (json!(12), "12"), (json!(null), "")] {
            assert_eq!(cell(&value), shown);
        }
    }

    #[test]
    fn every_sheet_names_each_column_once() {
        let all =
            [&HOLDERS, &PERSON, &HISTORY, &GROUP, &CHAINS, &LATE, &DIFF, &LINKS, &LOG, &CANDIDATES];
        for sheet in all {
            let mut names: Vec<&str> = sheet.columns.iter().map(|(name, _)| *name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), sheet.columns.len(), "{sheet:?}");
        }
    }
}
