//! Filings printed otherwise, and read back the same: each transformation changes how a page looks
//! and nothing that it says. What is read before is the measure, so no label is needed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

#[path = "common/filings.rs"]
mod filings;

use std::path::Path;

use blockholder::reading::read::read;
use blockholder::terms::span::Field;
use blockholder::terms::statement::Reading;

/// A way to print a page otherwise.
struct Transformation {
    name: &'static str,
    print: fn(&str) -> String,
    /// Filings that are not read the same, and why they need not be.
    but: &'static [(&'static str, &'static str)],
}

const fn plain(name: &'static str, print: fn(&str) -> String) -> Transformation {
    Transformation { name, print, but: &[] }
}

const TYPED: &[Transformation] = &[
    plain("indented", indented),
    plain("double spacing", double_spacing),
    plain("two returns", two_returns),
    plain("returns alone", returns_alone),
    plain("padded lines", padded),
    plain("tabs", tabs),
    plain("framed", framed),
    plain("pages of so many", |text| paged(text, |n| format!("Page {n} of 999"))),
    plain("pages between dashes", |text| paged(text, |n| format!("- {n} -"))),
    plain("pages with a number", |text| paged(text, |n| n.to_string())),
    plain("hard spaces", |text| text.replace("  ", "\u{c2}\u{a0} ")),
    plain("typeset apostrophes", typeset),
    plain("preformatted", preformatted),
    plain("paragraphs", paragraphs),
    plain("line breaks", line_breaks),
    plain("numbers with colons", numbers_with_colons),
];

const MARKED_UP: &[Transformation] = &[
    plain("tags in capitals", |page| tags(page, |tag| tag.to_ascii_uppercase())),
    plain("tags left open", |page| without(page, &["</td>", "</tr>", "</p>", "</li>"])),
    plain("cells left open", |page| without(page, &["</td>"])),
    plain("comments", |page| before(page, "</td", "<!-- a > b -->")),
    plain("spans", |page| words(page, |text| format!("<span>{text}</span>"))),
    plain("bold letters", bold),
    plain("entities", |page| words(page, entities)),
    plain("paragraphs in cells", |page| cells(page, |cell| format!("<p>{cell}</p>"))),
    plain("breaks in cells", |page| cells(page, |cell| format!("\n<br>\n{cell}<br>&nbsp;"))),
    plain("hard spaces in cells", |page| cells(page, |cell| format!("&nbsp;{cell}&nbsp;"))),
    plain("a table in each cell", |page| {
        cells(page, |cell| format!("<table><tr><td>{cell}</td></tr></table>"))
    }),
    plain("an empty cell first", |page| after(page, "<tr", "<td>&nbsp;</td>")),
    plain("an empty cell last", |page| before(page, "</tr", "<td>&nbsp;</td>")),
    plain("empty rows", |page| after(page, "</tr", "<tr><td>&nbsp;</td></tr>")),
    plain("head cells", |page| page.replace("<td", "<th").replace("</td", "</th")),
    plain("pages of so many", |page| feet(page, |n| format!("Page {n} of 999"))),
    plain("pages between dashes", |page| feet(page, |n| format!("- {n} -"))),
    plain("pages with a number", |page| feet(page, |n| n.to_string())),
];

/// The lines of a text, however they end.
fn lines(text: &str) -> Vec<String> {
    text.replace("\r\n", "\n").replace('\r', "\n").split('\n').map(str::to_owned).collect()
}

/// Each line that is none of EDGAR's tags, printed otherwise.
fn each_line(text: &str, print: impl Fn(&str) -> String) -> String {
    let print = |line: String| if line.starts_with('<') { line } else { print(&line) };
    lines(text).into_iter().map(print).collect::<Vec<_>>().join("\n")
}

/// A margin says nothing.
fn indented(text: &str) -> String {
    each_line(text, |line| format!("      {line}"))
}

/// A page typed with double spacing has the same lines.
fn double_spacing(text: &str) -> String {
    lines(text).join("\n\n")
}

/// Files that went through two systems have two returns at the end of each line.
fn two_returns(text: &str) -> String {
    lines(text).join("\r\r\n")
}

/// Files of some systems have nothing else there.
fn returns_alone(text: &str) -> String {
    lines(text).join("\r")
}

/// Systems with lines of one length fill them up.
fn padded(text: &str) -> String {
    each_line(text, |line| format!("{line:<132}"))
}

/// A tab goes to the next stop of eight, as the spaces did that it stands for.
fn tabs(text: &str) -> String {
    each_line(text, |line| {
        if !line.is_ascii() {
            // How wide it is cannot be told by its bytes.
            return line.to_owned();
        }
        let mut all = String::new();
        for stop in spaced(line).as_bytes().chunks(8) {
            let part: String = stop.iter().map(|byte| char::from(*byte)).collect();
            let kept = part.trim_end_matches(' ');
            let tab = stop.len() == 8 && stop.len() - kept.len() > 1;
            all += &if tab { format!("{kept}\t") } else { part };
        }
        all
    })
}

/// A line as it looks: tabs go to the next stop, and spaces at the end show nothing.
fn spaced(line: &str) -> String {
    let mut all = String::new();
    for c in line.chars() {
        match c {
            '\t' => all += &" ".repeat(8 - all.len() % 8),
            c if c.is_ascii() => all.push(c),
            _ => all.push('?'),
        }
    }
    if line.is_ascii() { all } else { line.to_owned() }
}

/// A frame around the page stands beside what is in it. Lines that reach too far have none.
fn framed(text: &str) -> String {
    const WIDTH: usize = 140;
    each_line(text, |line| {
        let line = spaced(line);
        // A character may be several bytes.
        let width = line.chars().filter(|c| !matches!(c, '\u{80}'..='\u{bf}')).count();
        match WIDTH.checked_sub(width) {
            Some(free) => format!("| {line}{} |", " ".repeat(free)),
            None => line,
        }
    })
}

/// Between two pages stand the number of the first and what ends it, wherever a line is empty.
fn paged(text: &str, number: fn(u32) -> String) -> String {
    const LINES: usize = 25;
    let (mut all, mut page, mut since) = (Vec::new(), 1, 0);
    for line in lines(text) {
        let ends = line.trim().is_empty() && since >= LINES;
        all.push(line);
        since += 1;
        if ends {
            all.push(format!("\n{:>40}\n<PAGE>\n", number(page)));
            (page, since) = (page + 1, 0);
        }
    }
    all.join("\n")
}

/// An apostrophe is one whichever way it is set.
fn typeset(text: &str) -> String {
    text.replace('\'', "\u{e2}\u{80}\u{99}")
}

/// A typed line as markup: its spaces stay, and EDGAR's few tags show nothing.
fn as_markup(line: &str) -> String {
    let mut line = line.replace('&', "&amp;");
    for tag in ["<TABLE>", "</TABLE>", "<CAPTION>", "<PAGE>", "<S>", "<C>", "<FN>", "</FN>"] {
        line = line.replace(tag, "").replace(&tag.to_ascii_lowercase(), "");
    }
    let shown = |at: usize| line[at..].starts_with("<input");
    let escaped = line.char_indices().map(|(at, c)| match c {
        '<' if !shown(at) => "&lt;".to_owned(),
        c => c.to_string(),
    });
    // What was an entity already stays one.
    let line: String = escaped.collect();
    line.replace("&amp;nbsp;", "&nbsp;").replace("&amp;amp;", "&amp;").replace("&amp;#", "&#")
}

fn with_hard_spaces(line: &str) -> String {
    spaced(&as_markup(line)).trim_end_matches(' ').replace("  ", "&nbsp; ")
}

/// What is preformatted looks as it was typed.
fn preformatted(text: &str) -> String {
    let lines: Vec<String> = lines(text).iter().map(|line| as_markup(line)).collect();
    format!("<HTML><BODY><PRE>\n{}\n</PRE></BODY></HTML>\n", lines.join("\n"))
}

/// A paragraph for each line, and for an empty one.
fn paragraphs(text: &str) -> String {
    let print = |line: String| match with_hard_spaces(&line) {
        line if line.is_empty() => "<P>&nbsp;</P>\n".to_owned(),
        line => format!("<P>{line}</P>\n"),
    };
    let lines: String = lines(text).into_iter().map(print).collect();
    format!("<HTML><BODY>\n{lines}</BODY></HTML>\n")
}

/// A break after each line, two where a line was empty.
fn line_breaks(text: &str) -> String {
    let print = |line: String| format!("{}<BR>\n", with_hard_spaces(&line));
    let lines: String = lines(text).into_iter().map(print).collect();
    format!("<HTML><BODY><FONT FACE=\"Courier New\">\n{lines}</FONT></BODY></HTML>\n")
}

/// A row's number is the same with a colon as with a point or a bracket.
fn numbers_with_colons(text: &str) -> String {
    each_line(text, |line| {
        let lead = line.len() - line.trim_start_matches(' ').len();
        let rest = line[lead..].trim_start_matches('(');
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let after = &rest[digits..];
        let closes = after.starts_with([')', '.']) && after[1..].starts_with("  ");
        // Several numbers in a line are the heads of columns.
        let row = (1..=2).contains(&digits) && lead <= 8 && line.matches('(').count() < 2;
        let label = after.get(1..).unwrap_or("").trim_start().starts_with(char::is_alphabetic);
        match row && closes && label {
            true => format!("{}{}:{}", &line[..lead], &rest[..digits], &after[1..]),
            false => line.to_owned(),
        }
    })
}

/// Each piece of markup: a tag, or what stands between two.
fn pieces(page: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut rest = page;
    while !rest.is_empty() {
        let tag =
            rest.starts_with('<') && rest[1..].starts_with(|c: char| c == '/' || c.is_alphabetic());
        let end = match tag {
            true => rest.find('>').map_or(rest.len(), |at| at + 1),
            false => rest.find('<').filter(|at| *at > 0).unwrap_or_else(|| after_sign(rest)),
        };
        all.push(&rest[..end]);
        rest = &rest[end..];
    }
    all
}

/// Where the next tag begins behind a sign that begins none.
fn after_sign(rest: &str) -> usize {
    let sign = rest.chars().next().map_or(1, char::len_utf8);
    rest[sign..].find('<').map_or(rest.len(), |at| sign + at)
}

fn is_tag(piece: &str, begins: &str) -> bool {
    let name = piece.get(..begins.len()).is_some_and(|head| head.eq_ignore_ascii_case(begins));
    name && !piece[begins.len()..].starts_with(|c: char| c.is_alphanumeric())
}

/// The name of a tag is the same in capitals.
fn tags(page: &str, print: fn(&str) -> String) -> String {
    let print = |piece: &str| match piece.find([' ', '>']).filter(|_| piece.starts_with('<')) {
        Some(end) if piece[1..].starts_with(|c: char| c == '/' || c.is_alphabetic()) => {
            format!("{}{}", print(&piece[..end]), &piece[end..])
        }
        _ => piece.to_owned(),
    };
    pieces(page).into_iter().map(print).collect()
}

/// HTML lets these tags be left out: the next one of the kind closes what they would.
fn without(page: &str, closing: &[&str]) -> String {
    let kept = |piece: &&str| !closing.iter().any(|tag| piece.eq_ignore_ascii_case(tag));
    pieces(page).into_iter().filter(kept).collect()
}

/// Something that shows nothing, before each tag that begins so.
fn before(page: &str, tag: &str, added: &str) -> String {
    let print =
        |piece: &str| if is_tag(piece, tag) { format!("{added}{piece}") } else { piece.to_owned() };
    pieces(page).into_iter().map(print).collect()
}

/// And after.
fn after(page: &str, tag: &str, added: &str) -> String {
    let print =
        |piece: &str| if is_tag(piece, tag) { format!("{piece}{added}") } else { piece.to_owned() };
    pieces(page).into_iter().map(print).collect()
}

/// What is printed between tags, said otherwise; styles and titles are not printed.
fn words(page: &str, print: impl Fn(&str) -> String) -> String {
    let mut hidden = false;
    let print = |piece: &str| {
        if piece.starts_with('<') {
            hidden = ["<style", "<title", "<script", "<!"].iter().any(|tag| is_tag(piece, tag));
        }
        let said = piece.trim_matches(|c: char| c.is_ascii_whitespace());
        match hidden || piece.starts_with('<') || said.is_empty() {
            true => piece.to_owned(),
            false => piece.replacen(said, &print(said), 1),
        }
    };
    pieces(page).into_iter().map(print).collect()
}

/// Letters within a word may be set in bold.
fn bold(page: &str) -> String {
    words(page, |text| {
        match text.is_char_boundary(2) && text[..2].is_ascii() && !text[..2].contains('&') {
            true => format!("<b>{}</b>{}", &text[..2], &text[2..]),
            false => text.to_owned(),
        }
    })
}

/// A character is the same by its number.
fn entities(text: &str) -> String {
    let said = |c: char| match c {
        '(' | ')' | '%' | '.' | ',' => format!("&#{};", u32::from(c)),
        c => c.to_string(),
    };
    text.chars().map(said).collect()
}

/// What stands in a cell that holds no other table, set otherwise there.
fn cells(page: &str, print: impl Fn(&str) -> String) -> String {
    let pieces = pieces(page);
    let mut all = String::new();
    let mut at = 0;
    while at < pieces.len() {
        all += pieces[at];
        let inner = || {
            pieces[at + 1..].iter().position(|piece| {
                ["<td", "</td", "<tr", "</tr", "<table", "</table"]
                    .iter()
                    .any(|tag| is_tag(piece, tag))
            })
        };
        let inside = if is_tag(pieces[at], "<td") { inner() } else { None };
        at += 1;
        if let Some(len) = inside.filter(|len| is_tag(pieces[at + len], "</td")) {
            all += &print(&pieces[at..at + len].concat());
            at += len;
        }
    }
    all
}

/// The foot of a page between two tables, of which none stands in another's cell.
fn feet(page: &str, number: fn(u32) -> String) -> String {
    let (mut open, mut page_number, mut nested) = (0, 0, false);
    let all: String = pieces(page)
        .into_iter()
        .map(|piece| {
            open += u32::from(is_tag(piece, "<table"));
            nested |= open > 1;
            if !is_tag(piece, "</table") {
                return piece.to_owned();
            }
            open = 0;
            page_number += 1;
            format!("{piece}<p align=\"center\">{}</p><hr>", number(page_number))
        })
        .collect();
    if nested { page.to_owned() } else { all }
}

/// Each document of a submission, printed otherwise; its header stays. Bytes are taken for
/// characters, one each, so that those that are none stay what they are.
fn printed(bytes: &[u8], print: fn(&str) -> String) -> Vec<u8> {
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    let mut all = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find("<TEXT>") {
        let from = at + "<TEXT>".len();
        let from = from + usize::from(rest[from..].starts_with('\n'));
        let to = rest[from..].find("</TEXT>").map_or(rest.len(), |len| from + len);
        all += &rest[..from];
        all += &print(&rest[from..to]);
        all.push('\n');
        rest = &rest[to..];
    }
    all += &if all.is_empty() { print(rest) } else { rest.to_owned() };
    all.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

fn said<T>(field: &Field<T>, value: impl Fn(&T) -> String) -> String {
    let squashed = |text: String| -> String {
        let plain = text.replace('’', "'");
        plain.chars().filter(|c| !c.is_whitespace()).collect()
    };
    field.value().map_or_else(|| field.state().to_owned(), |it| squashed(value(it)))
}

/// The values of cover and rows, a line each.
fn values(reading: &Reading) -> Vec<String> {
    fn all<T: ToString>(list: &[Field<T>]) -> String {
        list.iter().map(|field| said(field, T::to_string)).collect::<Vec<_>>().join(" ")
    }
    let mut values = vec![
        format!("form {}", said(&reading.form, ToString::to_string)),
        format!("amendment {}", said(&reading.amendment_number, ToString::to_string)),
        format!("event date {}", said(&reading.event_date, ToString::to_string)),
        format!("issuer {}", said(&reading.issuer.name, ToString::to_string)),
        format!("class {}", said(&reading.class_title, ToString::to_string)),
        format!("CUSIPs {}", all(&reading.cusips)),
        format!("holders {}", reading.holders.len()),
    ];
    values.extend(reading.rules.iter().map(|rule| said(rule, |rule| rule.as_str().to_owned())));
    for (at, holder) in reading.holders.iter().enumerate() {
        let mut row = |name: &str, value: String| values.push(format!("{at} {name} {value}"));
        row("name", said(&holder.name, ToString::to_string));
        row("tax id", said(&holder.tax_id, ToString::to_string));
        row("cik", said(&holder.cik, ToString::to_string));
        row("group", said(&holder.group, |group| group.as_str().to_owned()));
        row("funds", all(&holder.funds));
        row("legal", said(&holder.legal_proceedings, ToString::to_string));
        row("citizenship", said(&holder.citizenship, ToString::to_string));
        row("sole voting", said(&holder.sole_voting, ToString::to_string));
        row("shared voting", said(&holder.shared_voting, ToString::to_string));
        row("sole dispositive", said(&holder.sole_dispositive, ToString::to_string));
        row("shared dispositive", said(&holder.shared_dispositive, ToString::to_string));
        row("aggregate", said(&holder.aggregate, ToString::to_string));
        row("excludes", said(&holder.excludes_shares, ToString::to_string));
        row("percent", said(&holder.percent, ToString::to_string));
        row("types", all(&holder.types));
    }
    values
}

fn is_structured(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.contains("<XML>") || text.contains("<?xml")
}

fn is_markup(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    ["<html", "<body", "<div", "<p>", "<p ", "<td", "<br"].iter().any(|tag| text.contains(tag))
}

/// What is read otherwise of the filings of a folder, if they are printed otherwise.
fn differences(folder: &Path, markup: bool, ways: &[Transformation]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (file, bytes) in filings::files(&folder.join("received")) {
        // A header alone has no document to print.
        let no_document = file.contains("header-only");
        if is_structured(&bytes) || is_markup(&bytes) != markup || no_document {
            continue;
        }
        count += 1;
        let before = values(&read(&bytes));
        for way in ways.iter().filter(|way| !way.but.iter().any(|(but, _)| *but == file)) {
            let after = values(&read(&printed(&bytes, way.print)));
            let pairs = before.iter().zip(&after).filter(|(before, after)| before != after);
            wrong.extend(pairs.map(|(before, after)| {
                format!("{file}, {}: {before:?} is read as {after:?}", way.name)
            }));
        }
    }
    assert!(count > 5, "{count} filings in {}", folder.display());
    wrong
}

fn check(folder: &Path, markup: bool, ways: &[Transformation]) {
    let wrong = differences(folder, markup, ways);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn invented() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/invented")
}

#[test]
fn invented_text_is_read_the_same_however_it_is_typed() {
    check(&invented(), false, TYPED);
}

#[test]
fn invented_markup_is_read_the_same_however_it_is_set() {
    check(&invented(), true, MARKED_UP);
}

#[test]
fn real_text_is_read_the_same_however_it_is_typed() {
    let Some(folder) = filings::folder() else { return };
    check(&folder, false, TYPED);
}

#[test]
fn real_markup_is_read_the_same_however_it_is_set() {
    let Some(folder) = filings::folder() else { return };
    check(&folder, true, MARKED_UP);
}

#[test]
fn a_transformation_changes_bytes() {
    let typed = "1.  NAME OF REPORTING PERSON        O'Hara & Co.\n\n2.  GROUP\n";
    for way in TYPED.iter().filter(|way| !way.name.starts_with("pages")) {
        assert_ne!((way.print)(typed), typed, "{}", way.name);
    }
    let markup = "<html><table><tr><td>Alder (5)</td></tr></table><p>b</p></html>";
    for way in MARKED_UP {
        assert_ne!((way.print)(markup), markup, "{}", way.name);
    }
}
