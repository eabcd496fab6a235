//! Tables of filings, decisions and questions: what the fold answers on each clock, row by row.
//! Each table in `tests/timelines` has filings above and questions below, the verdict last.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use blockholder::ledger::event::{
    Because, ChainJoined, ClassChange, ClassChanged, ClassKey, ClassRetracted, ClassSizeReported,
    Event, FilingCorrected, FilingDecided, FilingRecorded, FilingRef, FilingReread, FilingSkipped,
    FilingUncorrected, HolderKey, HoldersDecided, Said, Supplied,
};
use blockholder::terms::id::{Accession, ContentId, EntryHash};
use blockholder::terms::span::{Field, Span};
use blockholder::terms::statement::{
    Agreement, Form, GroupBox, Holder, Issuer, Item, Part, Party, Reading, Rule, Signature, Via,
};
use blockholder::terms::time::{AsOf, Day, Instant, KnownAt, LedgerSize, RecordedAt};
use blockholder::terms::topic::HolderId;
use blockholder::terms::trouble::{FieldName, Trouble, TroubleCode};
use blockholder::view::chain::{Join, Oddity};
use blockholder::view::correct;
use blockholder::view::due::{judged_all, staleness};
use blockholder::view::duty::Verdict;
use blockholder::view::fold::fold;
use blockholder::view::group::{blocs, groups};
use blockholder::view::holding::{Fold, FoldedClass, Holding};
use blockholder::view::question::Question;
use blockholder::view::row::Cited;
use blockholder::view::timeline::{Dossier, Noted, Recorded, counting};

/// One table: what happened in ledger order, and the names its questions use for filings.
#[derive(Default)]
struct Ledger {
    dossier: Dossier,
    names: BTreeMap<u64, String>,
}

fn cells(row: &str) -> Vec<&str> {
    row.split('|').map(str::trim).collect()
}

impl Ledger {
    fn next(&self) -> u64 {
        (self.dossier.filings.len() + self.dossier.notes.len()) as u64 + 1
    }

    fn reference(&self, name: &str) -> FilingRef {
        let entry = self.names.iter().find(|(_, own)| own.as_str() == name);
        let entry = *entry.unwrap_or_else(|| panic!("no filing {name}")).0;
        FilingRef { entry, content: ContentId([entry as u8; 32]) }
    }

    fn note(&mut self, event: Event) {
        let entry = self.next();
        self.dossier.notes.push(Noted {
            entry,
            hash: EntryHash([entry as u8; 32]),
            recorded_at: RecordedAt(1_800_000_000_000_000 + entry),
            event,
        });
    }

    /// `filing NAME | FORM | EVENT DATE | KNOWN | HOLDER: field=value ...; HOLDER: ... | key=value`
    ///
    /// A dash stands for a field that is blank, a question mark for one that cannot be read; a
    /// field that is not named is absent. KNOWN is an acceptance time, a day for a filing date
    /// alone, or a dash: the filing is recorded on 2027-01-15. The last cell is about the filing: `cusip=`, `title=`, `issuer=`, `number=`,
    /// `accession=`, `previous=`, `rules=`, `items=4,5`, `box=true` (13G's Item 5),
    /// `filer=NAME/CIK`, `former=NAME` of the filer before, `signed=NAME,NAME`, `signed_on=DAY`, `size=` the class size
    /// it names, `total=` of Item 5(a), `ceased=DAY` of Item 5(e) (`yes` without a day, `?` unclear),
    /// `item8=NAME,NAME`, `dissolved=DAY` of Item 9, `agreement=NAME,NAME/DAY`, `members=NAME,NAME` of
    /// the header, `trouble=HOLDER/FIELD/CODE` (`-` for the filing); `_` is a space.
    fn filing(&mut self, row: &str) {
        let cells = cells(row);
        let entry = self.next();
        let span = Span::new(entry, entry + 1);
        let stated_day = |text: &str| match text {
            "-" => Field::Absent,
            day => Field::stated(day.parse::<Day>().unwrap(), span),
        };
        let accepted = cells[3].parse::<Instant>().ok();
        let mut reading = Reading {
            form: Field::stated(Form::from_edgar(cells[1]).unwrap(), span),
            event_date: stated_day(cells[2]),
            filed_date: if accepted.is_none() { stated_day(cells[3]) } else { Field::Absent },
            accepted_at: accepted.map_or(Field::Absent, |at| Field::stated(at, span)),
            issuer: Issuer {
                name: Field::stated("Example Corp".to_owned(), span),
                cik: Field::stated("77".parse().unwrap(), span),
            },
            cusips: vec![Field::stated("88160R101".parse().unwrap(), span)],
            class_title: Field::stated("Common Stock".to_owned(), span),
            holders: holders(cells[4], span),
            ..Reading::default()
        };
        for pair in cells.get(5).unwrap_or(&"").split_whitespace() {
            let (key, value) = pair.split_once('=').unwrap();
            about_filing(&mut reading, key, &value.replace('_', " "), span);
        }
        self.names.insert(entry, cells[0].to_owned());
        self.dossier.filings.push(Recorded {
            entry,
            hash: EntryHash([entry as u8; 32]),
            recorded_at: RecordedAt(1_800_000_000_000_000 + entry),
            filing: FilingRecorded {
                content: ContentId([entry as u8; 32]),
                content_len: 1,
                source: cells[0].to_owned(),
                reader: 1,
                supplied: Supplied::default(),
                continued: 0,
                reading,
            },
        });
    }

    /// `reread NAME | HOLDERS`: the same filing with other cover pages.
    fn reread(&mut self, row: &str) {
        let cells = cells(row);
        let filing = self.reference(cells[0]);
        let recorded = self.dossier.filings.iter().find(|one| one.entry == filing.entry).unwrap();
        let span = Span::new(90, 91);
        let mut reading = recorded.filing.reading.clone();
        reading.holders = holders(cells[1], span);
        for pair in cells.get(2).iter().flat_map(|about| about.split_whitespace()) {
            let (key, value) = pair.split_once('=').unwrap();
            about_filing(&mut reading, key, &value.replace('_', " "), span);
        }
        self.note(Event::FilingReread(Box::new(FilingReread {
            filing,
            reader: 2,
            continued: 0,
            reading,
        })));
    }

    /// `correct NAME | HOLDER or - | FIELD | VALUE or -`
    fn correct(&mut self, row: &str) {
        let cells = cells(row);
        let filing = self.reference(cells[0]);
        let recorded = self.dossier.filings.iter().find(|one| one.entry == filing.entry).unwrap();
        let named = |holder: &Holder| holder.name.value().map(String::as_str) == Some(cells[1]);
        let holders = &recorded.filing.reading.holders;
        let at = holders.iter().position(named).or_else(|| cells[1].parse().ok());
        let field = field(cells[2]);
        let old = correct::get(&recorded.filing.reading, at, field).unwrap_or(Said::Nothing);
        self.note(Event::FilingCorrected(FilingCorrected {
            filing,
            holder: at.map(|at| at as u32),
            name: at.and_then(|at| holders[at].name.value().cloned()),
            field,
            old,
            new: match cells[3] {
                "-" => Said::Nothing,
                text => Said::Stated(text.to_owned()),
            },
            span: None,
            because: because(),
        }));
    }

    /// `uncorrect NAME | ENTRY`
    fn uncorrect(&mut self, row: &str) {
        let cells = cells(row);
        let (filing, correction) = (self.reference(cells[0]), cells[1].parse().unwrap());
        let because = because();
        self.note(Event::FilingUncorrected(FilingUncorrected { filing, correction, because }));
    }

    /// `retract ENTRY`
    fn retract(&mut self, row: &str) {
        let entry = cells(row)[0].parse().unwrap();
        let mut notes = self.dossier.notes.iter();
        let note = notes.find(|note| note.entry == entry).unwrap();
        let back = ClassRetracted::of(entry, &note.event, because()).unwrap();
        self.note(Event::ClassRetracted(back));
    }

    /// `link ID | ID | SINCE | KNOWN`, an id as `cik:5`, `tax:13-1`, `name:Fund LP`, meant within one
    /// issuer as `name:Fund LP@5`.
    fn link(&mut self, row: &str, one: bool) {
        let cells = cells(row);
        let key = |text: &str| {
            let (id, issuer) = text.split_once('@').unwrap_or((text, ""));
            HolderKey { id: holder_id(id), issuer: issuer.parse().ok() }
        };
        let pair = HoldersDecided {
            a: key(cells[0]),
            b: key(cells[1]),
            since: cells.get(2).and_then(|day| day.parse().ok()),
            known_at: cells.get(3).and_then(|at| at.parse().ok()),
            because: because(),
        };
        self.note(if one { Event::HoldersLinked(pair) } else { Event::HoldersUnlinked(pair) });
    }

    /// `retitle CUSIP | TITLE | SINCE`, `size CUSIP | SHARES | SINCE`, `split CUSIP | NEW:OLD | SINCE`,
    /// `recusip OLD | NEW | SINCE`; for the CUSIP `TITLE@ISSUER` will do, with `_` between words.
    fn class(&mut self, verb: &str, row: &str) {
        let cells = cells(row);
        let class = match cells[0].split_once('@') {
            None => ClassKey { cusip: Some(cells[0].parse().unwrap()), ..ClassKey::default() },
            Some((title, issuer)) => {
                let (title, issuer) = (Some(title.replace('_', " ")), issuer.parse().ok());
                ClassKey { title, issuer, ..ClassKey::default() }
            }
        };
        let (since, known_at) = (cells[2].parse().unwrap(), None);
        let (source, who) = ("10-Q".to_owned(), "us".to_owned());
        let change = match verb {
            "size" => {
                let shares = cells[1].parse().unwrap();
                let size = ClassSizeReported { class, shares, since, known_at, source, who };
                return self.note(Event::ClassSizeReported(size));
            }
            "split" => {
                let (new, old) = cells[1].split_once(':').unwrap();
                ClassChange::Split { new: new.parse().unwrap(), old: old.parse().unwrap() }
            }
            "retitle" => ClassChange::Title(cells[1].to_owned()),
            _ => ClassChange::Cusip(cells[1].parse().unwrap()),
        };
        let changed = ClassChanged { class, change, since, known_at, source, who };
        self.note(Event::ClassChanged(changed));
    }

    fn decide(&mut self, verb: &str, row: &str) {
        let cells = cells(row);
        let decided = |ledger: &Self| FilingDecided {
            filing: ledger.reference(cells[0]),
            because: because(),
        };
        let event = match verb {
            "withdraw" => Event::FilingWithdrawn(decided(self)),
            "reinstate" => Event::FilingReinstated(decided(self)),
            "unchain" => Event::ChainSplit(decided(self)),
            "chain" => Event::ChainJoined(ChainJoined {
                filing: self.reference(cells[0]),
                with: self.reference(cells[1]),
                because: because(),
            }),
            "skip" => Event::FilingSkipped(FilingSkipped {
                accession: cells[0].parse().unwrap(),
                because: because(),
            }),
            _ => panic!("not a decision: {verb}"),
        };
        self.note(event);
    }

    fn line(&mut self, verb: &str, row: &str) -> bool {
        match verb {
            "filing" => self.filing(row),
            "reread" => self.reread(row),
            "correct" => self.correct(row),
            "uncorrect" => self.uncorrect(row),
            "retract" => self.retract(row),
            "link" | "unlink" => self.link(row, verb == "link"),
            "size" | "split" | "recusip" | "retitle" => self.class(verb, row),
            "withdraw" | "reinstate" | "unchain" | "chain" | "skip" => self.decide(verb, row),
            _ => return false,
        }
        true
    }
}

fn because() -> Because {
    Because { reason: "it says so".to_owned(), who: "us".to_owned() }
}

fn holder_id(text: &str) -> HolderId {
    let (kind, value) = text.split_once(':').unwrap();
    match kind {
        "cik" => HolderId::Cik(value.parse().unwrap()),
        "tax" => HolderId::of_tax_id(value).unwrap(),
        _ => HolderId::of_name(value).unwrap(),
    }
}

fn field(name: &str) -> FieldName {
    let found = FieldName::ALL.iter().find(|field| field.as_str() == name);
    *found.unwrap_or_else(|| panic!("no field is called {name:?}"))
}

fn accession(text: &str) -> Accession {
    format!("0000000001-20-{:06}", text.parse::<u32>().unwrap()).parse().unwrap()
}

fn about_filing(reading: &mut Reading, key: &str, value: &str, span: Span) {
    let stated = |text: &str| Field::stated(text.to_owned(), span);
    match key {
        "cusip" if value == "-" => reading.cusips = Vec::new(),
        "cusip" => {
            let printed = value.split(',').map(|one| Field::stated(one.parse().unwrap(), span));
            reading.cusips = printed.collect();
        }
        "title" => reading.class_title = stated(value),
        "issuer" => reading.issuer.cik = Field::stated(value.parse().unwrap(), span),
        "number" => reading.amendment_number = Field::stated(value.parse().unwrap(), span),
        "accession" => reading.accession = Field::stated(accession(value), span),
        "previous" => reading.previous_accession = Field::stated(accession(value), span),
        "box" => reading.five_percent_or_less = Field::stated(value == "true", span),
        "total" => reading.item_5.amount = Field::stated(value.parse().unwrap(), span),
        "together" => reading.item_5.percent = Field::stated(value.parse().unwrap(), span),
        "ceased" => {
            reading.item_5.ceased = match value {
                "?" => Field::Unreadable { span },
                _ => Field::stated(true, span),
            };
            reading.item_5.ceased_on =
                value.parse().map_or(Field::Absent, |day| Field::stated(day, span));
        }
        "item8" => reading.item_8 = value.split(',').map(stated).collect(),
        "dissolved" => {
            reading.item_9.dissolved = Field::stated(true, span);
            reading.item_9.on = value.parse().map_or(Field::Absent, |day| Field::stated(day, span));
        }
        "agreement" => {
            let (names, date) = value.split_once('/').unwrap();
            let (parties, date) = (names.split(',').map(stated).collect(), date.parse().unwrap());
            let date = Field::stated(date, span);
            reading.agreements.push(Agreement { parties, date, span: Some(span) });
        }
        "members" => reading.group_members = value.split(',').map(stated).collect(),
        "trouble" => {
            let parts: Vec<&str> = value.split('/').collect();
            let code = TroubleCode::ALL.iter().find(|code| code.as_str() == parts[2]).unwrap();
            let holder = (parts[0] != "-").then(|| parts[0].parse().unwrap());
            let (field, message) = (field(&parts[1].replace(' ', "_")), String::new());
            reading.troubles.push(Trouble { code: *code, holder, field, span: None, message });
        }
        "size" => reading.class_sizes = vec![Field::stated(value.parse().unwrap(), span)],
        "rules" => {
            let rules = [Rule::B, Rule::C, Rule::D];
            let rule = rules.into_iter().find(|rule| rule.as_str() == value).unwrap();
            reading.rules.push(Field::stated(rule, span));
        }
        "items" => {
            let numbers = value.split(',').map(|number| number.parse().unwrap());
            let item = |number| Item { number, heading: Field::Absent, span, sub: Vec::new() };
            reading.items = numbers.map(item).collect();
        }
        "filer" => {
            let (name, cik) = value.split_once('/').unwrap();
            let cik = Field::stated(cik.parse().unwrap(), span);
            reading.filed_by.push(Party { name: stated(name), cik, ..Party::default() });
        }
        "former" => reading.filed_by.last_mut().unwrap().former_names.push(stated(value)),
        "signed" => {
            let name = |name: &str| match name {
                "?" => Field::Unreadable { span },
                name => stated(name),
            };
            let signed = value.split(',').map(name);
            let signed = signed.map(|name| Signature { name, ..Signature::default() });
            reading.signatures = signed.collect();
        }
        "signed_on" => {
            let date = Field::stated(value.parse().unwrap(), span);
            reading.signatures.push(Signature { date, ..Signature::default() });
        }
        other => panic!("no such key: {other}"),
    }
}

fn holders(text: &str, span: Span) -> Vec<Holder> {
    text.split(';').filter(|text| !text.trim().is_empty()).map(|text| holder(text, span)).collect()
}

fn holder(text: &str, span: Span) -> Holder {
    let (name, fields) = text.split_once(':').unwrap();
    let name = match name.trim() {
        "?" => Field::Unreadable { span },
        name => Field::stated(name.to_owned(), span),
    };
    let mut holder = Holder { name, ..Holder::default() };
    for pair in fields.split_whitespace() {
        let (field, value) = pair.split_once('=').unwrap();
        let said = || match value {
            "-" => Field::Blank { span },
            "?" => Field::Unreadable { span },
            text => Field::stated(text.to_owned(), span),
        };
        let amount = || said().map(|text: String| text.parse().unwrap());
        match field {
            "aggregate" => holder.aggregate = amount(),
            "sole_voting" => holder.sole_voting = amount(),
            "shared_voting" => holder.shared_voting = amount(),
            "sole_dispositive" => holder.sole_dispositive = amount(),
            "shared_dispositive" => holder.shared_dispositive = amount(),
            "sole" => (holder.sole_voting, holder.sole_dispositive) = (amount(), amount()),
            "shared" => (holder.shared_voting, holder.shared_dispositive) = (amount(), amount()),
            "percent" => holder.percent = said().map(|text: String| text.parse().unwrap()),
            "citizenship" => holder.citizenship = said(),
            "types" => holder.types = vec![said()],
            "cik" => holder.cik = Field::stated(value.parse().unwrap(), span),
            "tax_id" => holder.tax_id = Field::stated(value.to_owned(), span),
            "group" => {
                let boxed = if value == "a" { GroupBox::A } else { GroupBox::B };
                holder.group = Field::stated(boxed, span);
            }
            "via" => {
                let names = value.replace('_', " ");
                let via = names.split(',').map(|name| Via { name: name.to_owned(), span });
                holder.via = via.collect();
            }
            "warrants" | "shares" => holder.parts.push(Part {
                instrument: field.to_owned(),
                amount: value.parse().unwrap(),
                span,
            }),
            other => panic!("no such field: {other}"),
        }
    }
    holder
}

/// `ask AS OF | KNOWN AT | SIZE | HOLDER | FIELD | VERDICT`
///
/// The verdict is `VALUE from FILING`, with `, carried` where a later filing left it out and `,
/// corrected` or `, reread` where it was understood otherwise since; `? from FILING` for one that
/// cannot be read; `nothing` where it was never stated; `not listed` where the holder is not. Other
/// fields have their own verdicts; see `answer`.
fn ask(ledger: &Ledger, row: &str) -> Result<(), String> {
    let cells = cells(row);
    let known_at = cells[1].parse::<Day>().map(Day::end_eastern);
    let size = if cells[2] == "all" { ledger.next() } else { cells[2].parse().unwrap() };
    let question = Question {
        as_of: AsOf(cells[0].parse().unwrap()),
        known_at: KnownAt(known_at.unwrap_or_else(|_| cells[1].parse().unwrap())),
        at: LedgerSize(size),
    };
    let folded = fold(&ledger.dossier, &question);
    let answer = answer(ledger, &folded, cells[3], cells[4], &question);
    if answer == cells[5] { Ok(()) } else { Err(format!("{row}\n    answered: {answer}")) }
}

fn answer(ledger: &Ledger, fold: &Fold, who: &str, what: &str, asked: &Question) -> String {
    let empty = FoldedClass::default();
    // `2/Fund` is Fund in the second class.
    let (class, who) = match who.split_once('/') {
        Some((class, who)) => (class.parse::<usize>().unwrap() - 1, who),
        None => (0, who),
    };
    let class = fold.classes.get(class).unwrap_or(&empty);
    if let Some(answer) = of_class(ledger, fold, class, what, asked) {
        return answer;
    }
    let found = class.holdings.holders.iter().find(|holding| holding.name.as_deref() == Some(who));
    let Some(holding) = found else { return "not listed".to_owned() };
    of_holder(ledger, class, holding, what)
}

fn of_class(
    ledger: &Ledger,
    fold: &Fold,
    class: &FoldedClass,
    what: &str,
    asked: &Question,
) -> Option<String> {
    Some(match what {
        "classes" => fold.classes.len().to_string(),
        "exceeded" => {
            let told = class.holdings.exceeded.iter();
            let told: Vec<String> = told
                .map(|one| {
                    format!("{} on {}, true {}", ledger.names[&one.entry], one.on, one.true_since)
                })
                .collect();
            if told.is_empty() { "none".to_owned() } else { told.join("; ") }
        }
        "named by" => {
            let named = class.holdings.named_by.iter().map(|entry| ledger.names[entry].as_str());
            named.collect::<Vec<_>>().join(" ")
        }
        "title" => class.holdings.title.clone().unwrap_or_default(),
        "renamed" => {
            let new = class.holdings.story.renamed.as_ref();
            new.map_or("no".to_owned(), |new| {
                let printed = new.printed_since.map(|day| format!(", the other since {day}"));
                format!("{} since {}{}", new.title, new.since, printed.unwrap_or_default())
            })
        }
        "holders" => class.holdings.holders.len().to_string(),
        "chains" => {
            let chain = |state: &blockholder::view::holding::ChainState| {
                let links = state.chain.links.iter();
                let names: Vec<String> = links
                    .map(|link| format!("{}:{}", ledger.names[&link.entry], link.join.as_str()))
                    .collect();
                names.join(" ")
            };
            class.chains.iter().map(chain).collect::<Vec<_>>().join(", ")
        }
        "oddities" => {
            let words =
                class.chains.iter().flat_map(|state| &state.chain.oddities).map(|odd| match odd {
                    Oddity::NoOriginal => "no original".to_owned(),
                    Oddity::Skipped { from, to } => format!("skipped {from}-{to}"),
                    Oddity::Repeated { number, .. } => format!("repeated {number}"),
                    Oddity::Backwards { number, .. } => format!("backwards {number}"),
                    Oddity::Overtaken { entry, by } => {
                        format!("{} overtaken by {}", ledger.names[entry], ledger.names[by])
                    }
                });
            let words: Vec<String> = words.collect();
            if words.is_empty() { "none".to_owned() } else { words.join(", ") }
        }
        "switched" => {
            let from = class.chains.iter().filter_map(|state| state.chain.switched_from);
            from.map(|entry| ledger.names[&entry].clone()).collect::<Vec<_>>().join(" ")
        }
        "elsewhere" => {
            let links = class.chains.iter().flat_map(|state| &state.chain.links);
            let names = links.filter_map(|link| match link.join {
                Join::Pointer { elsewhere: Some(entry), .. } => {
                    let (from, to) = (&ledger.names[&link.entry], &ledger.names[&entry]);
                    Some(format!("{from} names {to}"))
                }
                _ => None,
            });
            names.collect::<Vec<_>>().join("; ")
        }
        "named others" => {
            let links = class.chains.iter().flat_map(|state| &state.chain.links);
            let names = links.filter(|link| {
                matches!(
                    link.join,
                    Join::Holders { not: Some(_), .. } | Join::Original { not: Some(_) }
                )
            });
            names.map(|link| ledger.names[&link.entry].clone()).collect::<Vec<_>>().join("; ")
        }
        "other class" => {
            let links = class.chains.iter().flat_map(|state| &state.chain.links);
            let names = links.filter_map(|link| match link.join {
                Join::Pointer { other_class: Some(entry), .. } => {
                    let (from, to) = (&ledger.names[&link.entry], &ledger.names[&entry]);
                    Some(format!("{from} names {to}"))
                }
                _ => None,
            });
            names.collect::<Vec<_>>().join("; ")
        }
        "not counting" => {
            let links = class.chains.iter().flat_map(|state| &state.chain.links);
            let names = links.filter_map(|link| match link.join {
                Join::Pointer { recorded: Some(entry), counts: false, .. } => {
                    let (from, to) = (&ledger.names[&link.entry], &ledger.names[&entry]);
                    Some(format!("{from} names {to}"))
                }
                _ => None,
            });
            names.collect::<Vec<_>>().join("; ")
        }
        "items" => {
            let items = class.chains.iter().flat_map(|state| &state.items);
            let words = items.map(|(number, item)| {
                let carried = if item.carried { ", carried" } else { "" };
                format!("{number} from {}{carried}", ledger.names[&item.place.entry])
            });
            words.collect::<Vec<_>>().join("; ")
        }
        "total" => {
            let Some(total) = groups(class).into_iter().find_map(|group| group.total) else {
                return Some("no group".to_owned());
            };
            let upper = total.upper.map_or("?".to_owned(), |upper| upper.to_string());
            let stated: Vec<String> = total.stated.iter().map(ToString::to_string).collect();
            let stated = match stated.is_empty() {
                true => String::new(),
                false => format!(", stated {}", stated.join(" ")),
            };
            let sum = total.total.map_or(String::new(), |total| format!("{total} in "));
            let against = if total.contradicted { ", contradicted" } else { "" };
            format!("{sum}{} to {upper} by {}{stated}{against}", total.lower, total.rule.as_str())
        }
        "why" => {
            let total = groups(class).into_iter().find_map(|group| group.total);
            total.map_or("no group".to_owned(), |total| total.why.join("; "))
        }
        "members" => {
            let members = groups(class).into_iter().flat_map(|group| group.members);
            let words = members.map(|member| {
                let since = &ledger.names[&member.since.1];
                let left = if member.left.is_some() { ", not there" } else { "" };
                format!("{} since {since}{left}", member.name.unwrap_or_default())
            });
            words.collect::<Vec<_>>().join("; ")
        }
        "evidence of members" => {
            let members = groups(class).into_iter().flat_map(|group| group.members);
            let words = members.map(|member| {
                let left = match member.left {
                    Some((_, entry, absence)) => {
                        format!(", {} in {}", absence.as_str(), ledger.names[&entry])
                    }
                    None => String::new(),
                };
                format!("{}: {}{left}", member.name.unwrap_or_default(), member.also.join(", "))
            });
            words.collect::<Vec<_>>().join("; ")
        }
        "blocs" => {
            let words = blocs(&class.holdings).into_iter().map(|bloc| {
                let proven = if bloc.proven { "proven" } else { "likely" };
                format!("{} by {}, {proven}", bloc.aggregate, bloc.chains.len())
            });
            let words: Vec<String> = words.collect();
            if words.is_empty() { "none".to_owned() } else { words.join("; ") }
        }
        "late" => {
            let filings = counting(&ledger.dossier, asked);
            let judged = judged_all(&fold.classes, &filings);
            let words = judged.iter().map(|one| match &one.verdict {
                Verdict::OnTime(duty) => format!("on time, due {}", duty.due),
                Verdict::Late { duty, days } => {
                    format!("late {days} by {}, due {}", duty.rule, duty.due)
                }
                Verdict::CannotTell { why, .. } => format!("cannot tell: {why}"),
            });
            words.collect::<Vec<_>>().join("; ")
        }
        "silence" => {
            let words = class.holdings.holders.iter();
            let words = words.map(|holding| staleness(holding, asked.as_of.0).means);
            words.collect::<Vec<_>>().join("; ")
        }
        "stale" => {
            let words = class.holdings.holders.iter().map(|holding| {
                let stale = staleness(holding, asked.as_of.0);
                let due = stale.next_due.map_or("-".to_owned(), |duty| duty.due.to_string());
                let days = stale.days.map_or("-".to_owned(), |days| days.to_string());
                let upcoming = stale.upcoming.map(|duty| format!(", then {}", duty.due));
                format!("{days} days, next {due}{}", upcoming.unwrap_or_default())
            });
            words.collect::<Vec<_>>().join("; ")
        }
        "proposals" => fold.persons.proposals().len().to_string(),
        kinds if kinds.starts_with("known ") => {
            let kind = kinds.trim_start_matches("known ");
            let told = fold.changes.iter().filter(|change| change.kind.as_str() == kind);
            told.map(|change| change.told_at.to_string()).collect::<Vec<_>>().join("; ")
        }
        kinds if kinds.starts_with("days ") => {
            let kind = kinds.trim_start_matches("days ");
            let told = fold.changes.iter().filter(|change| change.kind.as_str() == kind);
            let days: Vec<String> = told.map(|change| change.day.to_string()).collect();
            if days.is_empty() { "none".to_owned() } else { days.join("; ") }
        }
        kinds if kinds.starts_with("class of ") => {
            let kind = kinds.trim_start_matches("class of ");
            let told = fold.changes.iter().filter(|change| change.kind.as_str() == kind);
            let words = told.map(|change| match &change.class {
                None => "none".to_owned(),
                Some(class) => {
                    let cusips = class.cusips.iter().map(ToString::to_string);
                    cusips.collect::<Vec<_>>().join(" ")
                }
            });
            words.collect::<Vec<_>>().join("; ")
        }
        kinds if kinds.starts_with("history") => {
            let wanted = kinds.trim_start_matches("history").trim();
            let lines = fold.changes.iter().filter(|change| match wanted {
                "" => true,
                "crossed" => change.first || !change.crossed.is_empty(),
                wanted => wanted.split(',').any(|kind| kind == change.kind.as_str()),
            });
            let value = |v: &Option<blockholder::view::row::Value>| {
                v.as_ref().map_or("-".to_owned(), ToString::to_string)
            };
            let words = lines.map(|change| {
                let who = change.holder.as_deref().unwrap_or("*");
                let moved = format!("{} to {}", value(&change.from), value(&change.to));
                let (kind, field) = (change.kind.as_str(), change.field);
                let crossed = change.crossed.iter().map(|one| one.as_str());
                let first = change.first && wanted == "crossed";
                let crossed: Vec<&str> = crossed.chain(first.then_some("first")).collect();
                let crossed = match crossed.is_empty() {
                    true => String::new(),
                    false => format!(" ({})", crossed.join(" ")),
                };
                format!("{kind} {who} {field} {moved}{crossed}")
            });
            let words: Vec<String> = words.collect();
            if words.is_empty() { "none".to_owned() } else { words.join("; ") }
        }
        _ => return None,
    })
}

fn of_holder(ledger: &Ledger, class: &FoldedClass, holding: &Holding, what: &str) -> String {
    match what {
        "status" => holding.status.as_str().to_owned(),
        "since" => format!("{} by {}", holding.since, holding.since_by().as_str()),
        "beside" => {
            let names = |entries: &[u64]| {
                let names = entries.iter().map(|entry| ledger.names[entry].as_str());
                names.collect::<Vec<_>>().join(" ")
            };
            let said = [
                ("later", &holding.known_later),
                ("uncovered", &holding.uncovered),
                ("named", &holding.named_since),
            ];
            let said = said.into_iter().filter(|(_, entries)| !entries.is_empty());
            let words: Vec<String> =
                said.map(|(what, entries)| format!("{what} {}", names(entries))).collect();
            if words.is_empty() { "none".to_owned() } else { words.join("; ") }
        }
        "several" => {
            let names = holding.several.iter().map(|entry| ledger.names[entry].as_str());
            let names: Vec<&str> = names.collect();
            if names.is_empty() { "none".to_owned() } else { names.join(" ") }
        }
        "evidence" => holding.evidence.map_or("none".to_owned(), |one| one.as_str().to_owned()),
        "life" => {
            let life = &holding.life;
            let exit = life.exit.map_or(String::new(), |exit| {
                let on = exit.stated.map_or(String::new(), |day| format!(" on {day}"));
                let (entry, by) = (&ledger.names[&exit.entry], exit.evidence.as_str());
                format!(", exited in {entry} by {by}{on}")
            });
            let began = &ledger.names[&life.began_in];
            format!("{} from {began} as {}{exit}", life.number, life.regime.words())
        }
        "lived" => {
            let life = &holding.life;
            let until = life.exit.map_or("-".to_owned(), |exit| exit.since.to_string());
            format!("{} to {until}", life.began)
        }
        "chain" => {
            let chain = class.chains.iter().find(|state| state.chain.id == holding.chain);
            chain.unwrap().chain.links.len().to_string()
        }
        "cik" => holding.cik.map_or("none".to_owned(), |cik| cik.to_string()),
        "left" => {
            let members = class.chains.iter().flat_map(|state| &state.members);
            let own = members.filter(|member| member.person == holding.person);
            let words = own.map(|member| match member.left {
                None => "no".to_owned(),
                Some((_, entry, absence)) => {
                    format!("{} in {}", absence.as_str(), ledger.names[&entry])
                }
            });
            words.collect::<Vec<_>>().join(", ")
        }
        "adjusted" => {
            let Some(cited) = holding.rows.get(&FieldName::Aggregate) else {
                return "nothing".to_owned();
            };
            let adjusted =
                class.holdings.story.adjusted(cited.amount().unwrap(), cited.source.since);
            adjusted.map_or("as stated".to_owned(), |adjusted| {
                let about = if adjusted.exact { "" } else { "about " };
                format!("{about}{}", adjusted.value)
            })
        }
        "recomputed" => {
            if holding.rows.get(&FieldName::Aggregate).is_none() {
                return "nothing".to_owned();
            }
            let percent = holding.by_size(&class.holdings.story);
            percent.map_or("no size".to_owned(), |one| format!("{} to {}", one.least, one.most))
        }
        name if name.starts_with("troubles of ") => {
            let codes = match name.trim_start_matches("troubles of ") {
                "filing" => holding.filing_troubles,
                row => holding.rows.get(&field(row)).unwrap().troubles,
            };
            let codes: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
            if codes.is_empty() { "none".to_owned() } else { codes.join(" ") }
        }
        name => {
            let cited = holding.rows.get(&field(name));
            cited.map_or("nothing".to_owned(), |cited| said(ledger, cited))
        }
    }
}

fn said(ledger: &Ledger, cited: &Cited) -> String {
    let value = cited.value.as_ref().map_or("?".to_owned(), |value| value.to_string());
    let carried = if cited.carried { ", carried" } else { "" };
    let corrected = if cited.corrected().is_some() { ", corrected" } else { "" };
    let reread = if cited.source.reread.is_some() { ", reread" } else { "" };
    format!("{value} from {}{carried}{corrected}{reread}", ledger.names[&cited.source.entry])
}

#[test]
fn every_row_of_every_table() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/timelines");
    let mut paths: Vec<_> = fs::read_dir(directory).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let (mut asked, mut wrong) = (0, Vec::new());
    for path in paths {
        let mut ledger = Ledger::default();
        for line in fs::read_to_string(&path).unwrap().lines() {
            match line.split_once(' ') {
                _ if line.starts_with('#') || line.trim().is_empty() => {}
                None if line == "table" => ledger = Ledger::default(),
                Some(("table", _)) => ledger = Ledger::default(),
                Some(("ask", row)) => {
                    asked += 1;
                    if let Err(complaint) = ask(&ledger, row) {
                        wrong.push(format!("{}: {complaint}", path.display()));
                    }
                }
                Some((verb, row)) if ledger.line(verb, row) => {}
                _ => panic!("{}: not a row: {line}", path.display()),
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {asked} rows are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked >= ASKED_AT_LEAST, "only {asked} rows were asked");
}

const ASKED_AT_LEAST: usize = 750;
